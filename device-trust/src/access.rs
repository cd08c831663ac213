//! Who may do what in a project (§C.1).
//!
//! | role | view | configure | manage |
//! |---|---|---|---|
//! | viewer | dashboards, devices, data, alarms | – | – |
//! | editor | the same | devices, alarms, widgets | – |
//! | administrator | the same | the same | members, roles, project-settings |
//!
//! A device delivers data into its own project and does nothing else.
//!
//! ```
//! use device_trust::access::{AccessError, Membership, Principal, RoleNames, check};
//!
//! let roles = [Membership { project: "cold-stores", role: "viewer" }];
//! let user = Principal::User { roles: &roles };
//! let names = RoleNames::default();
//! assert_eq!(check(&user, "cold-stores", "view", "data", names), Ok(()));
//! assert_eq!(check(&user, "cold-stores", "configure", "alarms", names), Err(AccessError::Role));
//! assert_eq!(check(&user, "greenhouses", "view", "data", names), Err(AccessError::Project));
//! ```

/// What can be done: a pair of operation and object (§C.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Right {
    /// view dashboards
    ViewDashboards,
    /// view devices
    ViewDevices,
    /// view data
    ViewData,
    /// view alarms
    ViewAlarms,
    /// configure devices
    ConfigureDevices,
    /// configure alarms
    ConfigureAlarms,
    /// configure widgets
    ConfigureWidgets,
    /// manage members
    ManageMembers,
    /// manage roles
    ManageRoles,
    /// manage project-settings
    ManageProjectSettings,
    /// ingest data: for devices only
    IngestData,
}

impl Right {
    /// The right of these names, compared exactly; `None` if they are no pair of the table.
    #[must_use]
    pub fn from_names(operation: &str, object: &str) -> Option<Self> {
        Some(match (operation, object) {
            ("view", "dashboards") => Self::ViewDashboards,
            ("view", "devices") => Self::ViewDevices,
            ("view", "data") => Self::ViewData,
            ("view", "alarms") => Self::ViewAlarms,
            ("configure", "devices") => Self::ConfigureDevices,
            ("configure", "alarms") => Self::ConfigureAlarms,
            ("configure", "widgets") => Self::ConfigureWidgets,
            ("manage", "members") => Self::ManageMembers,
            ("manage", "roles") => Self::ManageRoles,
            ("manage", "project-settings") => Self::ManageProjectSettings,
            ("ingest", "data") => Self::IngestData,
            _ => return None,
        })
    }

    /// The lowest role that has it; none has the right to ingest.
    const fn role(self) -> Option<Role> {
        match self {
            Self::ViewDashboards | Self::ViewDevices | Self::ViewData | Self::ViewAlarms => {
                Some(Role::Viewer)
            }
            Self::ConfigureDevices | Self::ConfigureAlarms | Self::ConfigureWidgets => Some(Role::Editor),
            Self::ManageMembers | Self::ManageRoles | Self::ManageProjectSettings => {
                Some(Role::Administrator)
            }
            Self::IngestData => None,
        }
    }
}

/// Role of a user in a project. Each has the rights of those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[expect(clippy::exhaustive_enums, reason = "the specification has these three")]
pub enum Role {
    /// Sees everything of the project.
    Viewer,
    /// Changes devices, alarms and widgets too.
    Editor,
    /// Changes members, roles and settings too.
    Administrator,
}

impl Role {
    /// Whether the role has the right.
    #[must_use]
    pub fn allows(self, right: Right) -> bool {
        right.role().is_some_and(|lowest| self >= lowest)
    }
}

/// Which names of roles mean something. Without more, the three of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoleNames {
    owner: bool,
}

impl RoleNames {
    /// The public API shows the name `owner` too, whose rights are not documented: an operator may take it for an administrator.
    #[must_use]
    pub const fn with_owner_as_administrator(mut self) -> Self {
        self.owner = true;
        self
    }

    /// The role of this name, compared exactly. Unknown names are no role.
    #[must_use]
    pub fn role(self, name: &str) -> Option<Role> {
        match name {
            "viewer" => Some(Role::Viewer),
            "editor" => Some(Role::Editor),
            "administrator" => Some(Role::Administrator),
            "owner" if self.owner => Some(Role::Administrator),
            _ => None,
        }
    }
}

/// A user's role in a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by the caller")]
pub struct Membership<'a> {
    /// The project.
    pub project: &'a str,
    /// Name of the role.
    pub role: &'a str,
}

/// Who wants to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the specification has these two")]
pub enum Principal<'a> {
    /// A person.
    User {
        /// At most one for each project. Where there are more all the same, the least of them counts.
        roles: &'a [Membership<'a>],
    },
    /// A device, and the project that the registry binds it to.
    Device {
        /// The project of its row.
        project: Option<&'a str>,
    },
}

/// Why something may not be done, in the order of the checks (§C.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum AccessError {
    /// No such pair of operation and object.
    #[error("no such operation")]
    Operation,
    /// The principal does not belong to the project.
    #[error("not of this project")]
    Project,
    /// The role does not allow it.
    #[error("not allowed by the role")]
    Role,
}

impl AccessError {
    /// Stable machine name, as in the specification.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Operation => "operation",
            Self::Project => "project",
            Self::Role => "role",
        }
    }
}

/// Whether the principal may do this in the project.
///
/// # Errors
/// [`AccessError`]: the first check that fails.
pub fn check(
    principal: &Principal<'_>,
    project: &str,
    operation: &str,
    object: &str,
    names: RoleNames,
) -> Result<(), AccessError> {
    let right = Right::from_names(operation, object).ok_or(AccessError::Operation)?;
    let (belongs, allowed) = match *principal {
        Principal::User { roles } => {
            let here = || roles.iter().filter(|membership| membership.project == project);
            let allows = |held: &Membership<'_>| names.role(held.role).is_some_and(|role| role.allows(right));
            (here().next().is_some(), here().all(allows))
        }
        Principal::Device { project: own } => (own == Some(project), right == Right::IngestData),
    };
    match (belongs, allowed) {
        (false, _) => Err(AccessError::Project),
        (true, false) => Err(AccessError::Role),
        (true, true) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{AccessError, Membership, Principal, RoleNames, check};

    const PAIRS: [(&str, &str); 11] = [
        ("view", "dashboards"),
        ("view", "devices"),
        ("view", "data"),
        ("view", "alarms"),
        ("configure", "devices"),
        ("configure", "alarms"),
        ("configure", "widgets"),
        ("manage", "members"),
        ("manage", "roles"),
        ("manage", "project-settings"),
        ("ingest", "data"),
    ];

    fn allowed(role: &str, names: RoleNames) -> usize {
        let roles = [Membership { project: "p", role }];
        let user = Principal::User { roles: &roles };
        let may = |(operation, object): &&(&str, &str)| {
            let answer = check(&user, "p", operation, object, names);
            assert_ne!(answer, Err(AccessError::Operation));
            answer.is_ok()
        };
        PAIRS.iter().filter(may).count()
    }

    #[test]
    fn each_role_has_its_rights_and_none_ingests() {
        let names = RoleNames::default();
        for (role, count) in [
            ("viewer", 4),
            ("editor", 7),
            ("administrator", 10),
            ("owner", 0),
            ("Viewer", 0),
            ("", 0),
        ] {
            assert_eq!(allowed(role, names), count, "{role}");
        }
        assert_eq!(allowed("owner", names.with_owner_as_administrator()), 10);
    }

    #[test]
    fn pairs_that_are_not_of_the_table_are_refused_first() {
        let nobody = Principal::Device { project: None };
        for (operation, object) in [
            ("view", "widgets"),
            ("configure", "data"),
            ("ingest", "devices"),
            ("View", "data"),
        ] {
            assert_eq!(
                check(&nobody, "p", operation, object, RoleNames::default()),
                Err(AccessError::Operation)
            );
        }
    }

    #[test]
    fn of_two_roles_in_one_project_the_least_counts() {
        let both = |first, second| {
            let roles = [
                Membership {
                    project: "p",
                    role: first,
                },
                Membership {
                    project: "p",
                    role: second,
                },
            ];
            check(
                &Principal::User { roles: &roles },
                "p",
                "manage",
                "roles",
                RoleNames::default(),
            )
        };
        assert_eq!(both("administrator", "administrator"), Ok(()));
        assert_eq!(both("administrator", "viewer"), Err(AccessError::Role));
        assert_eq!(both("unknown", "administrator"), Err(AccessError::Role));
    }

    #[test]
    fn a_device_delivers_into_its_own_project_only() {
        let device = Principal::Device { project: Some("p") };
        let asks =
            |project, operation, object| check(&device, project, operation, object, RoleNames::default());
        assert_eq!(asks("p", "ingest", "data"), Ok(()));
        assert_eq!(asks("p", "view", "data"), Err(AccessError::Role));
        assert_eq!(asks("q", "ingest", "data"), Err(AccessError::Project));
        let unbound = Principal::Device { project: None };
        assert_eq!(
            check(&unbound, "", "ingest", "data", RoleNames::default()),
            Err(AccessError::Project)
        );
    }
}
