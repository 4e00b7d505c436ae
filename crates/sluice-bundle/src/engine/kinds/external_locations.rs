//! Unity Catalog external locations. Their id is their name; a new name renames, another credential means another location.

use sluice_wire::Method;

use super::rest_object::{Answers, Create, Delete, Fields, Identity, PLAIN, RestObject, Update, Whole};
use crate::engine::difference::{Class, Rules, backend_default, immutable, rule};
use crate::engine::plan::Action;

/// The kind `external_locations`.
pub(crate) static EXTERNAL_LOCATIONS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("name", Class::CaseInsensitive, "uc_lower_cases"),
            rule("name", Class::Identity(Action::UpdateId), "id_changes"),
            rule("url", Class::TrailingSlash, "uc_strips_trailing_slash"),
            rule("skip_validation", Class::NotReturned, "input_only"),
            backend_default("enable_file_events"),
            backend_default("file_event_queue"),
            immutable("credential_name"),
            immutable("encryption_details"),
            immutable("file_event_queue"),
        ],
        output_only: &["effective_enable_file_events", "effective_file_event_queue"],
    },
    fields: Fields::Body("catalog.ExternalLocationsAPI.create"),
    required: &["name", "url", "credential_name"],
    identity: Identity::FullName(&["name"]),
    create: Create {
        path: "/api/2.1/unity-catalog/external-locations",
        query: &[],
        without: &[],
        answers: Answers::Object,
    },
    read: "/api/2.1/unity-catalog/external-locations/{id}",
    observed: PLAIN,
    update: Update::Whole(Whole {
        method: Method::Patch,
        path: "/api/2.1/unity-catalog/external-locations/{id}",
        id: None,
        without: &["name"],
        new_name: Some("new_name"),
        keeps: true,
    }),
    delete: Delete::Path("/api/2.1/unity-catalog/external-locations/{id}?force=true"),
    ready: None,
};
