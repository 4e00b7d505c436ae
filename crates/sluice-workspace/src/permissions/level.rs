//! Levels, and which kind of object has which.

use std::str::FromStr;

use crate::error::ApiError;

/// What has an access control list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// A job.
    Job,
    /// A SQL warehouse.
    Warehouse,
    /// A directory of the workspace.
    Directory,
    /// A file of the workspace.
    File,
    /// A notebook.
    Notebook,
    /// A dashboard.
    Dashboard,
    /// A Genie space.
    GenieSpace,
    /// A cluster.
    Cluster,
    /// A cluster policy.
    ClusterPolicy,
    /// An instance pool.
    InstancePool,
    /// A pipeline.
    Pipeline,
    /// An experiment.
    Experiment,
    /// A model of the workspace's own registry.
    RegisteredModel,
    /// A serving endpoint.
    ServingEndpoint,
    /// An app.
    App,
    /// An alert.
    Alert,
    /// An alert on a stored query.
    LegacyAlert,
    /// A stored query.
    Query,
    /// A database instance.
    DatabaseInstance,
    /// A project of databases.
    DatabaseProject,
    /// A vector search endpoint.
    VectorSearchEndpoint,
}

/// A permission level. The order is "includes": a level includes the levels before it that its kind of object has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// See a job or warehouse.
    CanView,
    /// Read a workspace object.
    CanRead,
    /// Attach work to a cluster or take machines from a pool.
    CanAttachTo,
    /// Ask a serving endpoint.
    CanQuery,
    /// Run a notebook.
    CanRun,
    /// Run statements on a warehouse.
    CanUse,
    /// See what others run on a warehouse.
    CanMonitor,
    /// Run and cancel a job.
    CanManageRun,
    /// Start and stop a cluster.
    CanRestart,
    /// Change a workspace object, add to a directory.
    CanEdit,
    /// Move versions of a model to the stage "staging".
    CanManageStagingVersions,
    /// Move versions of a model to every stage.
    CanManageProductionVersions,
    /// Everything, with permissions and deletion.
    CanManage,
    /// Everything; there is one owner.
    IsOwner,
}

const LEVELS: [(Level, &str); 14] = [
    (Level::CanView, "CAN_VIEW"),
    (Level::CanRead, "CAN_READ"),
    (Level::CanAttachTo, "CAN_ATTACH_TO"),
    (Level::CanQuery, "CAN_QUERY"),
    (Level::CanRun, "CAN_RUN"),
    (Level::CanUse, "CAN_USE"),
    (Level::CanMonitor, "CAN_MONITOR"),
    (Level::CanManageRun, "CAN_MANAGE_RUN"),
    (Level::CanRestart, "CAN_RESTART"),
    (Level::CanEdit, "CAN_EDIT"),
    (Level::CanManageStagingVersions, "CAN_MANAGE_STAGING_VERSIONS"),
    (Level::CanManageProductionVersions, "CAN_MANAGE_PRODUCTION_VERSIONS"),
    (Level::CanManage, "CAN_MANAGE"),
    (Level::IsOwner, "IS_OWNER"),
];

impl Level {
    /// As the REST API writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        LEVELS
            .iter()
            .find(|(level, _)| *level == self)
            .expect("invariant: every level is in the list")
            .1
    }
}

impl FromStr for Level {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Self, ApiError> {
        let found = LEVELS.iter().find(|(_, name)| *name == text);
        found
            .map(|(level, _)| *level)
            .ok_or_else(|| ApiError::invalid(format!("`{text}` is not a permission level")))
    }
}

impl ObjectKind {
    const ALL: [Self; 21] = [
        Self::Job,
        Self::Warehouse,
        Self::Directory,
        Self::File,
        Self::Notebook,
        Self::Dashboard,
        Self::GenieSpace,
        Self::Cluster,
        Self::ClusterPolicy,
        Self::InstancePool,
        Self::Pipeline,
        Self::Experiment,
        Self::RegisteredModel,
        Self::ServingEndpoint,
        Self::App,
        Self::Alert,
        Self::LegacyAlert,
        Self::Query,
        Self::DatabaseInstance,
        Self::DatabaseProject,
        Self::VectorSearchEndpoint,
    ];

    /// The kind that a request path names; none for kinds that the local workspace does not have.
    pub(crate) fn of_request_type(text: &str) -> Option<Self> {
        // The REST reference has the path `sql/warehouses`, which has routes of its own; `databricks-sdk` sends `warehouses`.
        if text == "warehouses" {
            return Some(Self::Warehouse);
        }
        Self::ALL.into_iter().find(|kind| kind.request_type() == text)
    }

    /// As request paths write it: `jobs`.
    #[must_use]
    pub fn request_type(self) -> &'static str {
        match self {
            Self::Job => "jobs",
            Self::Warehouse => "sql/warehouses",
            Self::Directory => "directories",
            Self::File => "files",
            Self::Notebook => "notebooks",
            Self::Dashboard => "dashboards",
            Self::GenieSpace => "genie",
            Self::Cluster => "clusters",
            Self::ClusterPolicy => "cluster-policies",
            Self::InstancePool => "instance-pools",
            Self::Pipeline => "pipelines",
            Self::Experiment => "experiments",
            Self::RegisteredModel => "registered-models",
            Self::ServingEndpoint => "serving-endpoints",
            Self::App => "apps",
            Self::Alert => "alertsv2",
            Self::LegacyAlert => "alerts",
            Self::Query => "queries",
            Self::DatabaseInstance => "database-instances",
            Self::DatabaseProject => "database-projects",
            Self::VectorSearchEndpoint => "vector-search-endpoints",
        }
    }

    /// As answers write it: `job`.
    #[must_use]
    pub fn object_type(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Warehouse => "warehouses",
            Self::Directory => "directory",
            Self::File => "file",
            Self::Notebook => "notebook",
            Self::Dashboard => "dashboard",
            Self::GenieSpace => "genie",
            Self::Cluster => "cluster",
            Self::ClusterPolicy => "cluster-policy",
            Self::InstancePool => "instance-pool",
            Self::Pipeline => "pipelines",
            Self::Experiment => "mlflowExperiment",
            Self::RegisteredModel => "registered-model",
            Self::ServingEndpoint => "serving-endpoint",
            Self::App => "apps",
            Self::Alert => "alertv2",
            Self::LegacyAlert => "alert",
            Self::Query => "query",
            Self::DatabaseInstance => "database-instances",
            Self::DatabaseProject => "database-projects",
            Self::VectorSearchEndpoint => "vector-search-endpoints",
        }
    }

    /// The object above all of this kind, from which administrators have their permission.
    pub(crate) fn root(self) -> &'static str {
        match self {
            Self::Job => "/jobs/",
            Self::Warehouse => "/sql/warehouses/",
            Self::Directory | Self::File | Self::Notebook | Self::Dashboard | Self::GenieSpace => "/directories/",
            Self::Cluster => "/clusters/",
            Self::ClusterPolicy => "/cluster-policies/",
            Self::InstancePool => "/instance-pools/",
            Self::Pipeline => "/pipelines/",
            Self::Experiment => "/experiments/",
            Self::RegisteredModel => "/registered-models/root",
            Self::ServingEndpoint => "/serving-endpoints/",
            Self::App => "/apps/",
            Self::Alert => "/alertsv2/",
            Self::LegacyAlert => "/alerts/",
            Self::Query => "/queries/",
            Self::DatabaseInstance => "/database-instances/",
            Self::DatabaseProject => "/database-projects/",
            Self::VectorSearchEndpoint => "/vector-search-endpoints/",
        }
    }

    /// As the store writes it: workspace objects share their ids.
    pub(crate) fn stored(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Warehouse => "warehouse",
            Self::Directory | Self::File | Self::Notebook | Self::Dashboard | Self::GenieSpace => "workspace",
            Self::Cluster
            | Self::ClusterPolicy
            | Self::InstancePool
            | Self::Pipeline
            | Self::Experiment
            | Self::RegisteredModel
            | Self::ServingEndpoint
            | Self::App
            | Self::Alert
            | Self::LegacyAlert
            | Self::Query
            | Self::DatabaseInstance
            | Self::DatabaseProject
            | Self::VectorSearchEndpoint => self.record().unwrap_or_default(),
        }
    }

    /// The kind of [`crate::records`] that it is; none for what is stored elsewhere.
    pub(crate) fn record(self) -> Option<&'static str> {
        match self {
            Self::Job
            | Self::Warehouse
            | Self::Directory
            | Self::File
            | Self::Notebook
            | Self::Dashboard
            | Self::GenieSpace => None,
            Self::Cluster => Some("cluster"),
            Self::ClusterPolicy => Some("cluster_policy"),
            Self::InstancePool => Some("instance_pool"),
            Self::Pipeline => Some("pipeline"),
            Self::Experiment => Some("experiment"),
            Self::RegisteredModel => Some("registered_model"),
            Self::ServingEndpoint => Some("serving_endpoint"),
            Self::App => Some("app"),
            Self::Alert => Some("alert"),
            Self::LegacyAlert => Some("legacy_alert"),
            Self::Query => Some("query"),
            Self::DatabaseInstance => Some("database_instance"),
            Self::DatabaseProject => Some("postgres_project"),
            Self::VectorSearchEndpoint => Some("vector_search_endpoint"),
        }
    }

    /// Whether it has an owner, and one only.
    pub(crate) fn has_owner(self) -> bool {
        matches!(self, Self::Job | Self::Warehouse | Self::Pipeline)
    }

    /// What administrators have on every object of this kind.
    pub(crate) fn highest(self) -> Level {
        let levels = self.levels().iter().map(|(level, _)| *level);
        levels
            .filter(|level| *level != Level::IsOwner)
            .max()
            .unwrap_or(Level::CanManage)
    }

    /// The levels that it has, and what each means.
    #[must_use]
    pub fn levels(self) -> &'static [(Level, &'static str)] {
        match self {
            Self::Job => &[
                (Level::CanView, "Can view the job and its runs"),
                (Level::CanManageRun, "Can view, run and cancel the job"),
                (Level::CanManage, "Can change the job and its permissions"),
                (Level::IsOwner, "Is the owner of the job"),
            ],
            Self::Warehouse => &[
                (Level::CanView, "Can view the warehouse"),
                (Level::CanUse, "Can run statements on the warehouse"),
                (Level::CanMonitor, "Can run statements and see those of others"),
                (Level::CanManage, "Can change the warehouse and its permissions"),
                (Level::IsOwner, "Is the owner of the warehouse"),
            ],
            Self::Cluster => &[
                (Level::CanAttachTo, "Can attach work to the cluster"),
                (Level::CanRestart, "Can attach work, start and stop the cluster"),
                (Level::CanManage, "Can change the cluster and its permissions"),
            ],
            Self::ClusterPolicy => &[(Level::CanUse, "Can make clusters that follow the policy")],
            Self::InstancePool => &[
                (Level::CanAttachTo, "Can make clusters from the pool"),
                (Level::CanManage, "Can change the pool and its permissions"),
            ],
            Self::Pipeline => &[
                (Level::CanView, "Can view the pipeline"),
                (Level::CanRun, "Can view, run and stop the pipeline"),
                (Level::CanManage, "Can change the pipeline and its permissions"),
                (Level::IsOwner, "Is the owner of the pipeline"),
            ],
            Self::Experiment => &[
                (Level::CanRead, "Can view the experiment"),
                (Level::CanEdit, "Can view the experiment and add to it"),
                (Level::CanManage, "Can delete the experiment and change its permissions"),
            ],
            Self::RegisteredModel => &[
                (Level::CanRead, "Can view the model"),
                (Level::CanEdit, "Can change the model and add versions"),
                (Level::CanManageStagingVersions, "Can move versions to staging"),
                (Level::CanManageProductionVersions, "Can move versions to every stage"),
                (Level::CanManage, "Can delete the model and change its permissions"),
            ],
            Self::ServingEndpoint => &[
                (Level::CanView, "Can view the serving endpoint"),
                (Level::CanQuery, "Can view and ask the serving endpoint"),
                (Level::CanManage, "Can change the serving endpoint and its permissions"),
            ],
            Self::App | Self::DatabaseInstance | Self::DatabaseProject | Self::VectorSearchEndpoint => &[
                (Level::CanUse, "Can view and use it"),
                (Level::CanManage, "Can change it and its permissions"),
            ],
            Self::Query | Self::LegacyAlert => &[
                (Level::CanView, "Can view it"),
                (Level::CanRun, "Can view and run it"),
                (Level::CanEdit, "Can view, run and change it"),
                (Level::CanManage, "Can delete it and change its permissions"),
            ],
            Self::Directory | Self::File | Self::Notebook | Self::Dashboard | Self::GenieSpace | Self::Alert => &[
                (Level::CanRead, "Can view and read items"),
                (Level::CanRun, "Can view, read and run items"),
                (Level::CanEdit, "Can add and change items"),
                (Level::CanManage, "Can delete items and change their permissions"),
            ],
        }
    }
}
