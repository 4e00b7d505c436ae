//! Unity Catalog grants in SQL: what each privilege opens, and what stays closed without it.

use sluice_workspace::catalog::{Binding, BindingType, Change, IsolationMode, SecurableKind};

use crate::support::{Lab, run, shown};

const DENIED: &str = "INSUFFICIENT_PERMISSIONS";

#[test]
fn every_step_to_a_table_takes_its_privilege() {
    run(async {
        let lab = Lab::new("steps").await;
        lab.all(&["CREATE TABLE t (id INT)", "INSERT INTO t VALUES (1)"]).await;
        assert_eq!(lab.refused("analyst", "SELECT * FROM t").await, DENIED);
        lab.all(&["GRANT SELECT ON TABLE t TO analysts"]).await;
        assert_eq!(
            lab.refused("analyst", "SELECT * FROM t").await,
            DENIED,
            "USE SCHEMA is missing"
        );
        lab.all(&["GRANT USE SCHEMA ON SCHEMA steps TO analysts"]).await;
        assert_eq!(shown(lab.as_principal("analyst", "SELECT * FROM t").await), ["1"]);
        let refused = [
            "INSERT INTO t VALUES (2)",
            "INSERT OVERWRITE t SELECT 2",
            "UPDATE t SET id = 2",
            "DELETE FROM t",
            "TRUNCATE TABLE t",
            "MERGE INTO t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE",
            "CREATE TABLE u AS SELECT * FROM t",
            "CREATE OR REPLACE TABLE t AS SELECT 2 AS id",
            "CREATE VIEW u AS SELECT * FROM t",
            "CREATE VOLUME u",
            "ALTER TABLE t ADD COLUMNS (more INT)",
            "ALTER TABLE t SET TBLPROPERTIES ('a' = 'b')",
            "ALTER TABLE t OWNER TO analysts",
            "COMMENT ON TABLE t IS 'mine'",
            "DROP TABLE t",
            "DROP SCHEMA steps CASCADE",
            "GRANT MODIFY ON TABLE t TO analysts",
            "REVOKE SELECT ON TABLE t FROM analysts",
            "CREATE SCHEMA dev.another",
            "CREATE CATALOG another",
            "RESTORE TABLE t TO VERSION AS OF 0",
            "OPTIMIZE t",
        ];
        for statement in refused {
            assert_eq!(lab.refused("analyst", statement).await, DENIED, "{statement}");
        }
        assert_eq!(lab.independent("t").await, ["1"]);
        lab.all(&["GRANT MODIFY ON TABLE t TO analysts"]).await;
        assert_eq!(
            shown(lab.as_principal("analyst", "INSERT INTO t VALUES (2)").await),
            ["1|1"]
        );
        lab.all(&["REVOKE SELECT ON TABLE t FROM analysts"]).await;
        assert_eq!(
            lab.refused("analyst", "UPDATE t SET id = 3").await,
            DENIED,
            "UPDATE reads what it changes"
        );
        assert_eq!(
            shown(lab.as_principal("analyst", "INSERT INTO t VALUES (3)").await),
            ["1|1"]
        );
        assert_eq!(lab.refused("analyst", "INSERT INTO t SELECT id FROM t").await, DENIED);
        assert_eq!(lab.independent("t").await, ["1", "2", "3"]);
    });
}

#[test]
fn who_may_manage_may_not_read_and_grants_are_listed() {
    run(async {
        let lab = Lab::new("managing").await;
        lab.all(&[
            "CREATE TABLE t (id INT)",
            "GRANT SELECT, MODIFY ON TABLE t TO `analyst@sluice.test`",
        ])
        .await;
        assert_eq!(lab.refused("admin", "SELECT * FROM t").await, DENIED);
        let grants = lab.rows("SHOW GRANTS `analyst@sluice.test` ON TABLE t").await;
        assert_eq!(
            grants,
            [
                "analyst@sluice.test|MODIFY|TABLE|dev.managing.t",
                "analyst@sluice.test|SELECT|TABLE|dev.managing.t"
            ]
        );
        assert_eq!(
            lab.refused("engineer", "GRANT SELECT ON TABLE t TO nobody").await,
            "PRINCIPAL_NOT_FOUND"
        );
        lab.all(&["REVOKE ALL PRIVILEGES ON TABLE t FROM `analyst@sluice.test`"])
            .await;
        assert_eq!(
            lab.rows("SHOW GRANTS `analyst@sluice.test` ON TABLE t").await,
            Vec::<String>::new()
        );
    });
}

#[test]
fn a_view_lends_the_rights_of_its_owner_to_its_own_query_alone() {
    run(async {
        let lab = Lab::new("lending").await;
        lab.all(&[
            "CREATE SCHEMA dev.lending_closed",
            "CREATE TABLE dev.lending_closed.t AS SELECT 42 AS id",
            "CREATE TABLE t AS SELECT 1 AS id",
            "GRANT USE SCHEMA, SELECT, CREATE TABLE ON SCHEMA lending TO analysts",
            "CREATE VIEW v AS SELECT id FROM t",
            "GRANT ALL PRIVILEGES ON VIEW v TO analysts",
        ])
        .await;
        let elsewhere = "TBLPROPERTIES ('view.catalogAndNamespace.part.1' = 'lending_closed')";
        for redirected in [
            format!("ALTER VIEW v SET {elsewhere}"),
            format!("ALTER TABLE v SET {elsewhere}"),
            format!("CREATE VIEW w {elsewhere} AS SELECT id FROM t"),
            "ALTER VIEW v UNSET TBLPROPERTIES IF EXISTS ('VIEW.catalogAndNamespace.part.1')".to_owned(),
        ] {
            let condition = lab.refused("analyst", &redirected).await;
            assert_eq!(condition, "UNSUPPORTED_FEATURE", "{redirected}");
        }
        assert_eq!(shown(lab.as_principal("analyst", "SELECT * FROM v").await), ["1"]);
        let own = lab.as_principal("analyst", "CREATE VIEW own AS SELECT id FROM t").await;
        assert!(own.is_ok(), "{own:?}");
        assert_eq!(
            lab.refused("analyst", "ALTER VIEW own OWNER TO `engineer@sluice.test`")
                .await,
            "INSUFFICIENT_PERMISSIONS".to_owned(),
            "it would read with the engineer's rights"
        );
        let group = lab.as_principal("analyst", "ALTER VIEW own OWNER TO analysts").await;
        assert!(group.is_ok(), "{group:?}");
    });
}

#[test]
fn an_isolated_catalog_is_read_or_shut_as_its_binding_says() {
    run(async {
        let lab = Lab::new("bound").await;
        let admin = lab.principal("admin").await;
        let catalog = lab.workspace.catalog();
        let bound = async |binding: Option<BindingType>| {
            let here = i64::try_from(lab.workspace.org_id).unwrap();
            let added = binding.map(|binding_type| Binding {
                workspace_id: here,
                binding_type,
            });
            let removed = if added.is_none() { vec![here] } else { Vec::new() };
            let change = (added.as_slice(), removed.as_slice());
            catalog
                .change_bindings(&admin, SecurableKind::Catalog, "bound", change)
                .await
                .unwrap();
        };
        for statement in [
            "CREATE CATALOG bound",
            "GRANT ALL PRIVILEGES ON CATALOG bound TO engineers",
        ] {
            lab.as_principal("admin", statement).await.unwrap();
        }
        lab.all(&[
            "CREATE TABLE bound.default.t (id INT)",
            "INSERT INTO bound.default.t VALUES (1)",
            "CREATE VIEW v AS SELECT id FROM bound.default.t",
        ])
        .await;
        let isolated = Some(IsolationMode::Isolated);
        catalog
            .change_catalog(&admin, "bound", Change::default(), isolated)
            .await
            .unwrap();
        let writes = [
            "INSERT INTO bound.default.t VALUES (2)",
            "DELETE FROM bound.default.t",
            "DROP TABLE bound.default.t",
            "CREATE TABLE bound.default.u AS SELECT 1 AS id",
            "CREATE SCHEMA bound.more",
        ];
        let reads = ["SELECT * FROM bound.default.t", "SELECT * FROM v"];
        for (binding, readable) in [(Some(BindingType::ReadOnly), true), (None, false)] {
            bound(binding).await;
            for statement in writes {
                for principal in ["engineer", "admin"] {
                    assert_eq!(lab.refused(principal, statement).await, DENIED, "{statement}");
                }
            }
            for statement in reads {
                if readable {
                    assert_eq!(lab.rows(statement).await, ["1"], "{statement}");
                } else {
                    assert_eq!(lab.refused("engineer", statement).await, DENIED, "{statement}");
                }
            }
        }
        assert!(!lab.rows("SHOW CATALOGS").await.contains(&"bound".to_owned()));
        bound(Some(BindingType::ReadWrite)).await;
        assert!(lab.rows("SHOW CATALOGS").await.contains(&"bound".to_owned()));
        lab.all(&["INSERT INTO bound.default.t VALUES (2)", "DROP TABLE bound.default.t"])
            .await;
    });
}
