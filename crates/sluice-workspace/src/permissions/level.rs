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
}

/// A permission level. The order is "includes": a level includes the levels before it that its kind of object has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// See a job or warehouse.
    CanView,
    /// Read a workspace object.
    CanRead,
    /// Run a notebook.
    CanRun,
    /// Run statements on a warehouse.
    CanUse,
    /// See what others run on a warehouse.
    CanMonitor,
    /// Run and cancel a job.
    CanManageRun,
    /// Change a workspace object, add to a directory.
    CanEdit,
    /// Everything, with permissions and deletion.
    CanManage,
    /// Everything; there is one owner.
    IsOwner,
}

const LEVELS: [(Level, &str); 9] = [
    (Level::CanView, "CAN_VIEW"),
    (Level::CanRead, "CAN_READ"),
    (Level::CanRun, "CAN_RUN"),
    (Level::CanUse, "CAN_USE"),
    (Level::CanMonitor, "CAN_MONITOR"),
    (Level::CanManageRun, "CAN_MANAGE_RUN"),
    (Level::CanEdit, "CAN_EDIT"),
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
    /// The kind that a request path names; none for kinds that the local workspace does not have.
    pub(crate) fn of_request_type(text: &str) -> Option<Self> {
        // The REST reference has the path `sql/warehouses`, which has routes of its own; `databricks-sdk` sends `warehouses`.
        if text == "warehouses" {
            return Some(Self::Warehouse);
        }
        [
            Self::Job,
            Self::Warehouse,
            Self::Directory,
            Self::File,
            Self::Notebook,
            Self::Dashboard,
            Self::GenieSpace,
        ]
        .into_iter()
        .find(|kind| kind.request_type() == text)
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
        }
    }

    /// The object above all of this kind, from which administrators have their permission.
    pub(crate) fn root(self) -> &'static str {
        match self {
            Self::Job => "/jobs/",
            Self::Warehouse => "/sql/warehouses/",
            Self::Directory | Self::File | Self::Notebook | Self::Dashboard | Self::GenieSpace => "/directories/",
        }
    }

    /// As the store writes it: workspace objects share their ids.
    pub(crate) fn stored(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Warehouse => "warehouse",
            Self::Directory | Self::File | Self::Notebook | Self::Dashboard | Self::GenieSpace => "workspace",
        }
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
            Self::Directory | Self::File | Self::Notebook | Self::Dashboard | Self::GenieSpace => &[
                (Level::CanRead, "Can view and read items"),
                (Level::CanRun, "Can view, read and run items"),
                (Level::CanEdit, "Can add and change items"),
                (Level::CanManage, "Can delete items and change their permissions"),
            ],
        }
    }
}
