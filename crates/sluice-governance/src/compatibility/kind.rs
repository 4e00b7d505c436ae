//! The table of kinds: what each change means for whom. The verdict letters are batch, streaming, dashboards, Genie, sharing, producer.

use super::change::{Bump, Direction, Verdicts};

macro_rules! kinds {
    ($($variant:ident $rule:literal $word:literal $direction:ident $verdicts:literal $bump:ident $($remedy:literal)?;)+) => {
        /// What changed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each has a word and a row in the table")]
        pub enum Kind { $($variant,)+ }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Number of the rule.
            #[must_use]
            pub fn rule(self) -> &'static str {
                match self { $(Self::$variant => $rule,)+ }
            }

            /// The word in JSON.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// What it does to the set of allowed data.
            #[must_use]
            pub fn direction(self) -> Direction {
                match self { $(Self::$variant => Direction::$direction,)+ }
            }

            /// How hard it hits whom.
            #[must_use]
            pub fn verdicts(self) -> Verdicts {
                match self { $(Self::$variant => const { Verdicts::of($verdicts) },)+ }
            }

            /// The version bump that it needs.
            #[must_use]
            pub fn bump(self) -> Bump {
                match self { $(Self::$variant => Bump::$bump,)+ }
            }

            /// What can be done so that nobody is hit.
            pub(super) fn remedy(self) -> Option<&'static str> {
                match self { $(Self::$variant => kinds!(@remedy $($remedy)?),)+ }
            }
        }
    };
    (@remedy $remedy:literal) => { Some($remedy) };
    (@remedy) => { None };
}

kinds! {
    TableDropped "C01" "table_dropped" Loosens b"BBBBBB" Major "keep it until its consumers have moved, marked `deprecated: true`";
    TableAdded "C02" "table_added" Tightens b"IIIIII" Minor;
    ColumnDropped "C03" "column_dropped" Loosens b"BBBBBB" Major "keep it until its consumers have moved, marked `deprecated: true`";
    ColumnAdded "C04" "column_added" Tightens b"IWIIII" Minor;
    RequiredColumnAdded "C05" "required_column_added" Tightens b"IWIIIB" Minor "fill it for the existing rows first, then require it";
    ColumnRenamed "C06" "column_renamed" Both b"BBBBBB" Major "offer the old name in a view until its consumers have moved";
    ColumnCaseChanged "C06" "column_case_changed" Unknown b"WWWWWW" Minor;
    PhysicalNameChanged "C07" "physical_name_changed" Both b"BBBBBB" Major "offer the old name in a view until its consumers have moved";
    TableRenamed "C08" "table_renamed" Both b"BBBBBB" Major "offer a view of the old name until its consumers have moved";
    ColumnsReordered "C09" "columns_reordered" None b"IIIIIW" Patch "name columns where rows are inserted or files are read by position";
    TypeWidened "C10" "type_widened" Loosens b"WBWWBI" Minor "restart streaming readers; check the clients of recipients";
    SharedTypeWidened "C10" "shared_type_widened" Loosens b"WBWWBI" Major "restart streaming readers; check the clients of recipients";
    TypeNarrowed "C11" "type_narrowed" Both b"BBBBBB" Major "add a column of the new type and deprecate the old one";
    TypeChanged "C12" "type_changed" Both b"BBBBBB" Major "add a column of the new type and deprecate the old one";
    TypeUnclear "C12" "type_unclear" Unknown b"WWWWWW" Minor;
    ScaleChanged "C13" "scale_changed" Both b"BBBBBB" Major "let the precision grow by as much as the scale";
    LengthRaised "C14" "length_raised" Loosens b"WWWWWI" Minor;
    LengthLowered "C14" "length_lowered" Tightens b"IIIIIB" Minor;
    CollationChanged "C14" "collation_changed" Meaning b"BBBBBB" Major "add a column of the new collation and deprecate the old one";
    TimeZoneChanged "C15" "time_zone_changed" Meaning b"BBBBBB" Major "add a column of the new meaning and deprecate the old one";
    MapKeyChanged "C17" "map_key_changed" Both b"BBBBBB" Major "add a column of the new type and deprecate the old one";
    RequiredRemoved "C18" "required_removed" Loosens b"BWBBWB" Major "keep it required and fill what is missing with a named value";
    RequiredAdded "C19" "required_added" Tightens b"IIIIIB" Minor;
    UniqueRemoved "C20" "unique_removed" Loosens b"BBBBBB" Major;
    UniqueAdded "C20" "unique_added" Tightens b"IIIIIB" Minor;
    PrimaryKeyRemoved "C21" "primary_key_removed" Loosens b"BBBBBB" Major;
    PrimaryKeyChanged "C21" "primary_key_changed" Both b"BBBBBB" Major;
    PrimaryKeyAdded "C21" "primary_key_added" Tightens b"IIIIIB" Minor;
    PrimaryKeyReordered "C22" "primary_key_reordered" None b"IIIIII" Patch;
    ForeignKeyRemoved "C23" "foreign_key_removed" Loosens b"WIWBII" Minor "keep the join in the Genie space by hand";
    ForeignKeyRetargeted "C23" "foreign_key_retargeted" Both b"WIWBII" Major;
    ForeignKeyAdded "C23" "foreign_key_added" Tightens b"IIIIIW" Minor;
    BoundLoosened "C24" "bound_loosened" Loosens b"BBBBBI" Major;
    BoundTightened "C25" "bound_tightened" Tightens b"IIIIIB" Minor;
    PatternChanged "C26" "pattern_changed" Unknown b"WWWWWW" Minor;
    EnumValueAdded "C27" "enum_value_added" Loosens b"WIWIII" Minor;
    ClosedEnumValueAdded "C27" "closed_enum_value_added" Loosens b"BBBBBI" Major;
    EnumValueRemoved "C28" "enum_value_removed" Tightens b"IIWIIB" Minor;
    EnumMeaningChanged "C29" "enum_meaning_changed" Meaning b"BBBBBB" Major "add a value of the new meaning and leave the old one";
    QualityRuleRemoved "C30" "quality_rule_removed" Loosens b"BBBBBI" Major;
    QualityRuleDowngraded "C30" "quality_rule_downgraded" Loosens b"BBBBBI" Major;
    InformationalRuleRemoved "C30" "informational_rule_removed" Loosens b"WWWWWI" Minor;
    ThresholdLoosened "C31" "threshold_loosened" Loosens b"BBBBBI" Major;
    InformationalThresholdLoosened "C31" "informational_threshold_loosened" Loosens b"WWWWWI" Minor;
    ThresholdTightened "C32" "threshold_tightened" Tightens b"IIIIIW" Minor;
    QualityRuleAdded "C32" "quality_rule_added" Tightens b"IIIIIW" Minor;
    QualityCheckChanged "C33" "quality_check_changed" Unknown b"WWWWWW" Minor;
    FreshnessLoosened "C34" "freshness_loosened" Loosens b"BBBBBI" Major;
    FreshnessTightened "C34" "freshness_tightened" Tightens b"IIIIIW" Minor;
    ServiceLevelLoosened "C35" "service_level_loosened" Loosens b"BBBBBI" Major;
    ServiceLevelTightened "C35" "service_level_tightened" Tightens b"IIIIIW" Minor;
    ServiceLevelUnclear "C35" "service_level_unclear" Unknown b"WWWWWW" Minor;
    ServiceLevelRemoved "C36" "service_level_removed" Loosens b"BBBBBI" Major;
    ServiceLevelAdded "C36" "service_level_added" Tightens b"IIIIIW" Minor;
    RetentionShortened "C37" "retention_shortened" Loosens b"WBWWBI" Major;
    RetentionLengthened "C37" "retention_lengthened" Tightens b"IIIIIW" Minor;
    LessOften "C38" "updated_less_often" Loosens b"BBBBBI" Major;
    MoreOften "C38" "updated_more_often" Tightens b"IIIIIW" Minor;
    ClassificationLowered "C39" "classification_lowered" Access b"-----W" Minor "have it approved by those who answer for privacy";
    ClassificationRaised "C40" "classification_raised" Access b"BBBBBI" Major "grant those who still need it access before";
    ClassificationDeclared "C40" "classification_declared" None b"IIIIII" Patch;
    ClassificationUnclear "C40" "classification_unclear" Unknown b"WWWWWW" Minor;
    EncryptedNameAdded "C43" "encrypted_name_added" Access b"BBBBBI" Major;
    EncryptedNameRemoved "C43" "encrypted_name_removed" Access b"-----W" Minor "have it approved by those who answer for privacy";
    RoleRemoved "C44" "role_removed" Access b"BBBBBI" Major;
    RoleAdded "C45" "role_added" Access b"IIIIIW" Minor "have it approved by those who answer for security";
    RoleChanged "C45" "role_changed" Unknown b"WWWWWW" Minor "have it approved by those who answer for security";
    ServerRemoved "C46" "server_removed" Loosens b"BBBBBB" Major;
    PortRemoved "C46" "port_removed" Loosens b"BBBBBB" Major "keep it until its consumers have moved";
    ServerChanged "C46" "server_changed" Both b"BBBBBB" Major;
    ServerAdded "C46" "server_added" Tightens b"IIIIII" Minor;
    PartitioningChanged "C49" "partitioning_changed" None b"IWIIIW" Minor;
    ObjectKindChanged "C50" "object_kind_changed" Both b"WBWWBW" Major;
    UnitChanged "C52" "unit_changed" Meaning b"BBBBBB" Major "add a column of the new unit and deprecate the old one";
    DescriptionEdited "C53" "description_edited" None b"IIIIII" Patch;
    DescriptionFiguresChanged "C53" "description_figures_changed" Unknown b"WWWWWW" Patch "look whether the meaning changed with the figures";
    TermRelinked "C54" "term_relinked" Meaning b"BBBBBB" Major "add a column of the new meaning and deprecate the old one";
    TermUnlinked "C54" "term_unlinked" Unknown b"WWWWWW" Minor;
    TermLinked "C54" "term_linked" None b"IIIIII" Patch;
    GrainChanged "C55" "grain_changed" Meaning b"BBBBBB" Major "offer the new grain as another table";
    GrainDeclared "C55" "grain_declared" None b"IIIIII" Patch;
    SemanticsChanged "C56" "semantics_changed" Meaning b"WIBBII" Major "add a measure of the new formula and deprecate the old one";
    DerivationChanged "C56" "derivation_changed" Unknown b"WWWWWW" Minor;
    SynonymRemoved "C57" "synonym_removed" Meaning b"---W--" Minor "run the benchmark questions of the Genie space";
    SynonymAdded "C57" "synonym_added" None b"---I--" Patch;
    ContextChanged "C57" "context_changed" Meaning b"---W--" Minor "run the benchmark questions of the Genie space";
    ContextAdded "C57" "context_added" None b"---I--" Patch;
    Deprecated "C60" "deprecated" None b"WWWWWW" Minor;
    DeprecationWithdrawn "C60" "deprecation_withdrawn" None b"IIIIII" Patch;
    StatusDeprecated "C61" "status_deprecated" None b"WWWWWW" Minor;
    StatusRetired "C61" "status_retired" Loosens b"BBBBBB" Major;
    StatusChanged "C61" "status_changed" None b"IIIIII" Patch;
    PeopleChanged "C62" "people_changed" None b"IIIIII" Patch;
    UsageTightened "C63" "usage_tightened" Access b"BBBBBI" Major "ask the consumers whether their purpose is still allowed";
    UsageLoosened "C63" "usage_loosened" None b"IIIIII" Patch;
    UsageChanged "C63" "usage_changed" Unknown b"WWWWWW" Minor "ask the consumers whether their purpose is still allowed";
    PriceChanged "C64" "price_changed" Access b"BBBBBI" Major;
    DefaultChanged "C65" "default_changed" Meaning b"WWWWWW" Minor;
    IdentityChanged "C65" "identity_changed" Meaning b"BBBBBB" Major;
    IdChanged "C67" "id_changed" Both b"BBBBBB" Major "keep the id; a contract of another id is another contract";
    TagsChanged "C00" "tags_changed" Unknown b"WWWWWW" Minor "look whether a policy of the platform masks or filters by it";
    CustomPropertyChanged "C00" "custom_property_changed" Unknown b"WWWWWW" Minor;
}

impl Kind {
    /// Who must agree besides the usual approvers.
    #[must_use]
    pub fn gate(self) -> Option<&'static str> {
        match self {
            Self::ClassificationLowered | Self::EncryptedNameRemoved => Some("privacy"),
            Self::RoleAdded | Self::RoleChanged => Some("security"),
            _ => None,
        }
    }
}
