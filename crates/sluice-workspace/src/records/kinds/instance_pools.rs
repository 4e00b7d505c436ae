//! Instance pools: stored; they never hold a machine, and say `STOPPED`.

use serde_json::json;
use sluice_wire::Method;

use crate::permissions::{Level, ObjectKind};
use crate::records::kind::{Answer, Guard, Key, Kind, List, Names, Verb};

pub(super) static KIND: Kind = Kind {
    name: "instance_pool",
    title: "Instance pool",
    class: "compute.GetInstancePool",
    create: "compute.InstancePoolsAPI.create",
    update: "compute.InstancePoolsAPI.edit",
    required: &["instance_pool_name"],
    defaults: &[
        ("enable_elastic_disk", "true"),
        ("idle_instance_autotermination_minutes", "60"),
        ("min_idle_instances", "0"),
    ],
    key: Key::PoolMoment,
    id_field: "instance_pool_id",
    guard: Guard::List(List {
        object: ObjectKind::InstancePool,
        admins_create: true,
        see: Level::CanAttachTo,
        change: Level::CanManage,
        creator: Level::CanManage,
    }),
    verbs: &[
        Verb::create("/api/2.0/instance-pools/create").answers(Answer::Id),
        Verb::get("/api/2.0/instance-pools/get").named(Names::Query("instance_pool_id")),
        Verb::list("/api/2.0/instance-pools/list", "instance_pools", ""),
        Verb::replace(Method::Post, "/api/2.0/instance-pools/edit").named(Names::Body("instance_pool_id")),
        Verb::delete(Method::Post, "/api/2.0/instance-pools/delete").named(Names::Body("instance_pool_id")),
    ],
    present: |_, record, answer| {
        answer.insert("state".to_owned(), "STOPPED".into());
        answer.insert(
            "stats".to_owned(),
            json!({"used_count": 0, "idle_count": 0, "pending_used_count": 0, "pending_idle_count": 0}),
        );
        answer.insert(
            "default_tags".to_owned(),
            json!({"DatabricksInstancePoolCreatorId": record.creator, "DatabricksInstancePoolId": record.key}),
        );
    },
    ..Kind::BASE
};
