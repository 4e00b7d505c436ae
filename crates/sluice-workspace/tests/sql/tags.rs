//! Tags in SQL, and what the information schema tells about tags, functions, masks and filters.

use crate::support::{Lab, run, shown};

#[test]
fn tags_are_set_on_everything_that_has_them_and_listed() {
    run(async {
        let lab = Lab::new("tagging").await;
        lab.all(&[
            "CREATE TABLE t (id INT, name STRING)",
            "CREATE VIEW v AS SELECT id FROM t",
            "CREATE VOLUME files",
            "CREATE FUNCTION f(x INT) RETURNS INT RETURN x",
            "ALTER SCHEMA tagging SET TAGS ('layer' = 'gold')",
            "ALTER TABLE t SET TAGS ('domain' = 'aviation', 'pii')",
            "ALTER TABLE t ALTER COLUMN name SET TAGS ('pii' = '')",
            "ALTER TABLE t SET TAGS ('domain' = 'weather')",
            "ALTER VIEW v SET TAGS ('domain' = 'aviation')",
            "ALTER VOLUME files SET TAGS ('raw' = 'yes')",
            "ALTER FUNCTION f SET TAGS ('kind' = 'pure')",
            "SET TAG ON COLUMN tagging.t.id classification = internal",
            "SET TAG ON TABLE t `cost center` = 'a 1'",
        ])
        .await;
        let of = "FROM information_schema.{}_tags WHERE schema_name = 'tagging'";
        for (kind, expected) in [
            ("schema", vec!["dev|tagging|layer|gold"]),
            ("volume", vec!["dev|tagging|files|raw|yes"]),
            (
                "table",
                vec![
                    "dev|tagging|t|cost center|a 1",
                    "dev|tagging|t|domain|weather",
                    "dev|tagging|t|pii|",
                    "dev|tagging|v|domain|aviation",
                ],
            ),
            (
                "column",
                vec!["dev|tagging|t|id|classification|internal", "dev|tagging|t|name|pii|"],
            ),
        ] {
            let mut found = lab.rows(&format!("SELECT * {}", of.replace("{}", kind))).await;
            found.sort();
            assert_eq!(found, expected, "{kind}");
        }
        lab.all(&[
            "ALTER TABLE t UNSET TAGS ('pii', 'domain')",
            "UNSET TAG ON TABLE t `cost center`",
            "ALTER TABLE t ALTER COLUMN name UNSET TAGS ('pii')",
        ])
        .await;
        assert_eq!(
            lab.rows(
                "SELECT count(*) FROM information_schema.table_tags WHERE table_name = 't' AND schema_name = 'tagging'"
            )
            .await,
            ["0"]
        );
        lab.all(&["CREATE OR REPLACE TABLE t AS SELECT 'x' AS name"]).await;
        assert_eq!(
            lab.rows("SELECT count(*) FROM information_schema.column_tags WHERE schema_name = 'tagging'")
                .await,
            ["0"],
            "a column that is gone takes its tags along"
        );
    });
}

#[test]
fn tags_keep_their_limits_and_take_their_privilege() {
    run(async {
        let lab = Lab::new("tag_limits").await;
        lab.all(&[
            "CREATE TABLE t (id INT)",
            "SET TAG ON TABLE t a = b",
            "GRANT USE SCHEMA, SELECT ON SCHEMA tag_limits TO analysts",
        ])
        .await;
        for (statement, condition) in [
            ("SET TAG ON TABLE t a = c".to_owned(), "ALREADY_EXISTS"),
            (
                "ALTER TABLE t SET TAGS ('a.b' = 'c')".to_owned(),
                "INVALID_PARAMETER_VALUE",
            ),
            (
                "ALTER TABLE t SET TAGS ('' = 'c')".to_owned(),
                "INVALID_PARAMETER_VALUE",
            ),
            (
                format!("ALTER TABLE t SET TAGS ('k' = '{}')", "v".repeat(1001)),
                "INVALID_PARAMETER_VALUE",
            ),
            (
                format!("ALTER TABLE t SET TAGS ('{}')", "k".repeat(256)),
                "INVALID_PARAMETER_VALUE",
            ),
            (
                "ALTER TABLE t ALTER COLUMN none SET TAGS ('k')".to_owned(),
                "INVALID_PARAMETER_VALUE",
            ),
            (
                "ALTER TABLE t SET TAGS ('k' = '1', 'k' = '2')".to_owned(),
                "PARSE_SYNTAX_ERROR",
            ),
        ] {
            assert_eq!(lab.refused("engineer", &statement).await, condition, "{statement}");
        }
        let many: Vec<_> = (0..50).map(|number| format!("'k{number}'")).collect();
        let many = format!("ALTER TABLE t SET TAGS ({})", many.join(", "));
        assert_eq!(
            lab.refused("engineer", &many).await,
            "INVALID_PARAMETER_VALUE",
            "51 are too many"
        );
        assert_eq!(
            lab.refused("analyst", "ALTER TABLE t SET TAGS ('k')").await,
            "INSUFFICIENT_PERMISSIONS"
        );
        lab.all(&["GRANT APPLY TAG ON TABLE t TO analysts"]).await;
        assert_eq!(
            shown(lab.as_principal("analyst", "ALTER TABLE t SET TAGS ('k')").await),
            Vec::<String>::new()
        );
        assert_eq!(
            lab.rows(
                "SELECT tag_name, tag_value FROM information_schema.table_tags WHERE schema_name = 'tag_limits' ORDER BY 1"
            )
            .await,
            ["a|b", "k|"],
            "a statement that failed set nothing"
        );
    });
}

#[test]
fn the_information_schema_tells_about_functions_masks_and_filters() {
    run(async {
        let lab = Lab::new("telling_schema").await;
        lab.all(&[
            "CREATE FUNCTION hide(x STRING COMMENT 'hidden') RETURNS STRING COMMENT 'c' RETURN left(x, 1)",
            "CREATE FUNCTION only(x INT) RETURNS BOOLEAN NOT DETERMINISTIC RETURN x > 0",
            "CREATE TABLE t (id INT, name STRING MASK hide) WITH ROW FILTER only ON (id)",
        ])
        .await;
        assert_eq!(
            lab.rows("SELECT routine_name, data_type, routine_definition, is_deterministic, comment FROM dev.information_schema.routines WHERE routine_schema = 'telling_schema' ORDER BY 1").await,
            ["hide|STRING|left(x, 1)|YES|c", "only|BOOLEAN|x > 0|NO|-"]
        );
        assert_eq!(
            lab.rows("SELECT specific_name, ordinal_position, parameter_name, full_data_type, comment FROM dev.information_schema.parameters WHERE specific_schema = 'telling_schema' ORDER BY 1").await,
            ["hide|0|x|string|hidden", "only|0|x|int|-"]
        );
        assert_eq!(
            lab.rows("SELECT table_name, column_name, mask_name, using_columns FROM dev.information_schema.column_masks WHERE table_schema = 'telling_schema'").await,
            ["t|name|dev.telling_schema.hide|"]
        );
        assert_eq!(
            lab.rows("SELECT table_name, filter_name, target_columns FROM dev.information_schema.row_filters WHERE table_schema = 'telling_schema'").await,
            ["t|dev.telling_schema.only|id"]
        );
    });
}
