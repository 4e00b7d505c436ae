//! Fields that only the service writes, of classes of the REST data that do not tell them apart: a bundle cannot set them, and what a
//! read shows in them is no difference. By the reference of the REST API: <https://docs.databricks.com/api/workspace>.

/// `apps.App`.
pub(crate) const APP: &[&str] = &[
    "active_deployment",
    "app_status",
    "compute_status",
    "create_time",
    "creator",
    "default_git_source",
    "default_source_code_path",
    "effective_budget_policy_id",
    "effective_usage_policy_id",
    "effective_user_api_scopes",
    "id",
    "oauth2_app_client_id",
    "oauth2_app_integration_id",
    "pending_deployment",
    "service_principal_client_id",
    "service_principal_id",
    "service_principal_name",
    "thumbnail_url",
    "update_time",
    "updater",
    "url",
];

/// `database.DatabaseInstance`.
pub(crate) const DATABASE_INSTANCE: &[&str] = &[
    "child_instance_refs",
    "creation_time",
    "creator",
    "effective_capacity",
    "effective_custom_tags",
    "effective_enable_pg_native_login",
    "effective_enable_readable_secondaries",
    "effective_node_count",
    "effective_retention_window_in_days",
    "effective_stopped",
    "effective_usage_policy_id",
    "pg_version",
    "read_only_dns",
    "read_write_dns",
    "state",
    "uid",
];

/// `catalog.SecretsUcAPI.create_secret`.
pub(crate) const SECRET: &[&str] = &[
    "create_time",
    "created_by",
    "effective_owner",
    "effective_value",
    "full_name",
    "metastore_id",
    "update_time",
    "updated_by",
];
