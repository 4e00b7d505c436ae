//! What kind of statement a text is, and its parts. Pure; nothing is looked up and nothing allowed here.

use std::collections::BTreeMap;
use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::cursor::Cursor;
use super::error::unsupported;
use super::text::Text;
use crate::catalog::SecurableKind;
use crate::compute::StatementError;

/// A column of CREATE TABLE or ADD COLUMNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ColumnDefinition {
    pub(super) name: String,
    pub(super) type_text: String,
    pub(super) nullable: bool,
    pub(super) comment: Option<String>,
}

/// What CREATE does when the name is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenTaken {
    Fail,
    Skip,
    Replace,
}

/// CREATE TABLE, with or without a query.
#[derive(Clone, Debug)]
pub(super) struct CreateTable {
    pub(super) name: Vec<String>,
    pub(super) when_taken: WhenTaken,
    pub(super) columns: Vec<ColumnDefinition>,
    pub(super) partitioning: Vec<String>,
    pub(super) comment: Option<String>,
    pub(super) properties: BTreeMap<String, String>,
    /// Where the query begins.
    pub(super) query: Option<usize>,
}

/// CREATE VIEW.
#[derive(Clone, Debug)]
pub(super) struct CreateView {
    pub(super) name: Vec<String>,
    pub(super) temporary: bool,
    pub(super) when_taken: WhenTaken,
    pub(super) columns: Vec<(String, Option<String>)>,
    pub(super) comment: Option<String>,
    pub(super) properties: BTreeMap<String, String>,
    pub(super) query: usize,
}

/// INSERT.
#[derive(Clone, Debug)]
pub(super) struct Insert {
    pub(super) name: Vec<String>,
    pub(super) overwrite: bool,
    pub(super) columns: Option<Vec<String>>,
    pub(super) by_name: bool,
    /// The tokens of the condition of REPLACE WHERE.
    pub(super) replace_where: Option<Range<usize>>,
    pub(super) query: usize,
}

/// One change of ALTER TABLE or ALTER VIEW.
#[derive(Clone, Debug)]
pub(super) enum Alteration {
    AddColumns(Vec<ColumnDefinition>),
    ColumnComment(String, Option<String>),
    ColumnNullable(String, bool),
    ColumnType(String, String),
    SetProperties(BTreeMap<String, String>),
    UnsetProperties(Vec<String>, bool),
    Owner(String),
    Rename(Vec<String>),
    /// Where the new query of a view begins.
    Query(usize),
}

/// What SHOW lists.
#[derive(Clone, Debug)]
pub(super) enum Show {
    Catalogs(Option<String>),
    Schemas(Option<Vec<String>>, Option<String>),
    Tables(Option<Vec<String>>, Option<String>),
    Views(Option<Vec<String>>, Option<String>),
    Volumes(Option<Vec<String>>, Option<String>),
    Columns(Vec<String>),
    Properties(Vec<String>, Option<String>),
    Grants(Option<String>, SecurableKind, Vec<String>),
    CreateTable(Vec<String>),
}

/// What DESCRIBE tells.
#[derive(Clone, Debug)]
pub(super) enum Describe {
    Table(Vec<String>, bool),
    History(Vec<String>, Option<u32>),
    Detail(Vec<String>),
    Securable(SecurableKind, Vec<String>),
}

/// A statement.
#[derive(Clone, Debug)]
pub(super) enum Command {
    Query,
    Explain(usize, Range<usize>),
    Insert(Insert),
    /// UPDATE, DELETE, MERGE with their operation in the Delta log.
    Change(&'static str),
    Truncate(Vec<String>),
    CreateTable(CreateTable),
    CreateView(CreateView),
    CreateSchema(Vec<String>, bool, Option<String>, BTreeMap<String, String>),
    CreateCatalog(String, bool, Option<String>),
    CreateVolume(Vec<String>, bool, Option<String>),
    Drop {
        kind: SecurableKind,
        view: bool,
        name: Vec<String>,
        if_exists: bool,
        cascade: bool,
    },
    Alter {
        view: bool,
        name: Vec<String>,
        change: Alteration,
    },
    AlterOwner(SecurableKind, Vec<String>, String),
    Grant {
        add: bool,
        privileges: Vec<String>,
        kind: SecurableKind,
        name: Vec<String>,
        principal: String,
    },
    Comment(SecurableKind, Vec<String>, Option<String>),
    Show(Show),
    Describe(Describe),
    UseCatalog(String),
    UseSchema(Vec<String>),
    Restore(Vec<String>, i64),
    Optimize(Vec<String>),
    Vacuum {
        name: Vec<String>,
        retention_hours: Option<u64>,
        dry_run: bool,
    },
    RefreshTable(Vec<String>),
}

/// Reads a statement.
pub(super) fn read(text: &Text) -> Result<Command, StatementError> {
    let mut cursor = Cursor::new(text);
    let at = &mut cursor;
    if ["SELECT", "WITH", "VALUES", "FROM", "TABLE"]
        .iter()
        .any(|word| at.looks_at(word))
        || at.clone().accept_token(&Token::LParen)
    {
        return Ok(Command::Query);
    }
    let command = if at.accept("EXPLAIN") {
        let mode_start = at.index();
        for mode in ["EXTENDED", "FORMATTED", "CODEGEN", "COST"] {
            at.accept(mode);
        }
        return Ok(Command::Explain(at.index(), mode_start..at.index()));
    } else if at.accept("INSERT") {
        return insert(at).map(Command::Insert);
    } else if at.looks_at("UPDATE") {
        return Ok(Command::Change("UPDATE"));
    } else if at.looks_at("DELETE") {
        return Ok(Command::Change("DELETE"));
    } else if at.looks_at("MERGE") {
        return Ok(Command::Change("MERGE"));
    } else if at.accept("TRUNCATE TABLE") {
        Command::Truncate(at.name()?)
    } else if at.accept("CREATE") {
        return create(at);
    } else if at.accept("DROP") {
        drop_statement(at)?
    } else if at.accept("ALTER") {
        return alter(at);
    } else if at.accept("GRANT") {
        grant(at, true)?
    } else if at.accept("REVOKE") {
        grant(at, false)?
    } else if at.accept("COMMENT ON") {
        let (kind, name) = (securable_kind(at)?, at.name()?);
        at.expect("IS")?;
        Command::Comment(kind, name, if at.accept("NULL") { None } else { Some(at.string()?) })
    } else if at.accept("SHOW") {
        Command::Show(show(at)?)
    } else if at.accept("DESCRIBE") || at.accept("DESC") {
        Command::Describe(describe(at)?)
    } else if at.accept("USE CATALOG") || at.accept("SET CATALOG") {
        Command::UseCatalog(at.identifier()?)
    } else if at.accept("USE") {
        let _ = at.accept("SCHEMA") || at.accept("DATABASE") || at.accept("NAMESPACE");
        Command::UseSchema(at.name()?)
    } else if at.accept("RESTORE") {
        let _ = at.accept("TABLE");
        let name = at.name()?;
        let _ = at.accept("TO");
        at.expect("VERSION AS OF")?;
        Command::Restore(name, at.number()?)
    } else if at.accept("OPTIMIZE") {
        Command::Optimize(at.name()?)
    } else if at.accept("VACUUM") {
        vacuum(at)?
    } else if at.accept("REFRESH TABLE") || at.accept("REFRESH") {
        Command::RefreshTable(at.name()?)
    } else {
        let mut words = at.clone();
        let first = words.identifier().map_err(|_no_word| at.unexpected("a statement"))?;
        return Err(unsupported(
            &format!("statements that begin with `{}`", first.to_uppercase()),
            "it executes queries, INSERT, UPDATE, DELETE, MERGE and statements about catalogs, schemas, tables, views, volumes and grants",
        ));
    };
    at.expect_end()?;
    Ok(command)
}

fn vacuum(at: &mut Cursor<'_>) -> Result<Command, StatementError> {
    let name = at.name()?;
    let mut retention_hours = None;
    if at.accept("RETAIN") {
        let hours = at.number()?;
        retention_hours = Some(u64::try_from(hours).map_err(|_negative| at.unexpected("hours"))?);
        at.expect("HOURS")?;
    }
    Ok(Command::Vacuum {
        name,
        retention_hours,
        dry_run: at.accept("DRY RUN"),
    })
}

fn insert(at: &mut Cursor<'_>) -> Result<Insert, StatementError> {
    let overwrite = at.accept("OVERWRITE");
    if !overwrite {
        at.expect("INTO")?;
    }
    let _ = at.accept("TABLE");
    if at.looks_at("DIRECTORY") {
        return Err(unsupported("INSERT OVERWRITE DIRECTORY", "insert into a table"));
    }
    let name = at.name()?;
    if at.looks_at("PARTITION") {
        return Err(unsupported(
            "the PARTITION clause of INSERT",
            "give the partition's columns like others; to replace rows use `REPLACE WHERE`",
        ));
    }
    let mut columns = None;
    let mut ahead = at.clone();
    if ahead.accept_token(&Token::LParen)
        && !["SELECT", "WITH", "VALUES", "FROM"]
            .iter()
            .any(|word| ahead.looks_at(word))
    {
        columns = Some(at.identifiers()?);
    }
    let by_name = at.accept("BY NAME");
    let mut replace_where = None;
    if at.accept("REPLACE WHERE") {
        let start = at.index();
        if !at.skip_to(&["SELECT", "WITH", "VALUES", "FROM", "TABLE"]) {
            return Err(at.unexpected("a query after the condition"));
        }
        replace_where = Some(start..at.index());
    }
    Ok(Insert {
        name,
        overwrite,
        columns,
        by_name,
        replace_where,
        query: at.index(),
    })
}

fn create(at: &mut Cursor<'_>) -> Result<Command, StatementError> {
    let replace = at.accept("OR REPLACE");
    if at.looks_at("GLOBAL") {
        return Err(unsupported("global temporary views", "use a view of a schema"));
    }
    let temporary = at.accept("TEMP") || at.accept("TEMPORARY");
    if at.accept("VIEW") {
        return create_view(at, replace, temporary).map(Command::CreateView);
    }
    if temporary {
        return Err(at.unexpected("`VIEW`"));
    }
    if at.looks_at("EXTERNAL") {
        return Err(unsupported(
            "external tables",
            "leave out `EXTERNAL` and `LOCATION`: the workspace keeps the files of its tables",
        ));
    }
    if at.accept("TABLE") {
        return create_table(at, replace).map(Command::CreateTable);
    }
    if replace {
        return Err(at.unexpected("`TABLE` or `VIEW`"));
    }
    let command = if at.accept("SCHEMA") || at.accept("DATABASE") {
        let if_not_exists = at.accept("IF NOT EXISTS");
        let name = at.name()?;
        let mut comment = None;
        let mut properties = BTreeMap::new();
        loop {
            if at.accept("COMMENT") {
                comment = Some(at.string()?);
            } else if at.accept("WITH DBPROPERTIES") || at.accept("DBPROPERTIES") {
                properties = at.properties()?;
            } else if at.looks_at("MANAGED LOCATION") || at.looks_at("LOCATION") {
                return Err(unsupported(
                    "locations of schemas",
                    "leave the clause out: the workspace keeps the files",
                ));
            } else {
                break;
            }
        }
        Command::CreateSchema(name, if_not_exists, comment, properties)
    } else if at.accept("CATALOG") {
        let if_not_exists = at.accept("IF NOT EXISTS");
        let name = at.identifier()?;
        let comment = if at.accept("COMMENT") { Some(at.string()?) } else { None };
        Command::CreateCatalog(name, if_not_exists, comment)
    } else if at.accept("VOLUME") {
        let if_not_exists = at.accept("IF NOT EXISTS");
        let name = at.name()?;
        let comment = if at.accept("COMMENT") { Some(at.string()?) } else { None };
        Command::CreateVolume(name, if_not_exists, comment)
    } else {
        let what = at.identifier()?.to_uppercase();
        return Err(unsupported(
            &format!("CREATE {what}"),
            "it has catalogs, schemas, tables, views and volumes",
        ));
    };
    at.expect_end()?;
    Ok(command)
}

fn when_taken(at: &mut Cursor<'_>, replace: bool) -> Result<WhenTaken, StatementError> {
    match (replace, at.accept("IF NOT EXISTS")) {
        (true, true) => Err(unsupported("OR REPLACE together with IF NOT EXISTS", "choose one")),
        (true, false) => Ok(WhenTaken::Replace),
        (false, true) => Ok(WhenTaken::Skip),
        (false, false) => Ok(WhenTaken::Fail),
    }
}

fn create_table(at: &mut Cursor<'_>, replace: bool) -> Result<CreateTable, StatementError> {
    let when_taken = when_taken(at, replace)?;
    let name = at.name()?;
    let mut table = CreateTable {
        name,
        when_taken,
        columns: Vec::new(),
        partitioning: Vec::new(),
        comment: None,
        properties: BTreeMap::new(),
        query: None,
    };
    if at.looks_at("LIKE") || at.looks_at("SHALLOW") || at.looks_at("DEEP") || at.looks_at("CLONE") {
        return Err(unsupported("CREATE TABLE LIKE and CLONE", "use CREATE TABLE AS SELECT"));
    }
    if at.accept_token(&Token::LParen) {
        table.columns = column_definitions(at)?;
        at.expect_token(&Token::RParen)?;
    }
    loop {
        if at.accept("USING") {
            let format = at.identifier()?;
            if !format.eq_ignore_ascii_case("delta") {
                return Err(unsupported(
                    &format!("tables in the format `{format}`"),
                    "leave out `USING`: tables are Delta tables",
                ));
            }
        } else if at.accept("PARTITIONED BY") {
            table.partitioning = at.identifiers()?;
        } else if at.accept("COMMENT") {
            table.comment = Some(at.string()?);
        } else if at.accept("TBLPROPERTIES") {
            table.properties = at.properties()?;
        } else if at.accept("CLUSTER BY") {
            return Err(unsupported(
                "CLUSTER BY",
                "leave it out: it changes nothing about the rows",
            ));
        } else if at.looks_at("LOCATION") {
            return Err(unsupported(
                "LOCATION",
                "leave it out: the workspace keeps the files of its tables",
            ));
        } else if at.looks_at("OPTIONS") {
            return Err(unsupported("OPTIONS", "use TBLPROPERTIES"));
        } else {
            break;
        }
    }
    if at.accept("AS") || ["SELECT", "WITH"].iter().any(|word| at.looks_at(word)) {
        table.query = Some(at.index());
        if !table.columns.is_empty() {
            return Err(unsupported(
                "column definitions together with AS",
                "give types and names in the query",
            ));
        }
        return Ok(table);
    }
    at.expect_end()?;
    if table.columns.is_empty() {
        return Err(without_columns());
    }
    Ok(table)
}

fn without_columns() -> StatementError {
    unsupported("tables without columns", "give columns, or `AS` and a query")
}

fn column_definitions(at: &mut Cursor<'_>) -> Result<Vec<ColumnDefinition>, StatementError> {
    let mut columns = Vec::new();
    loop {
        if at.looks_at("CONSTRAINT") || at.looks_at("PRIMARY KEY") || at.looks_at("FOREIGN KEY") || at.looks_at("CHECK")
        {
            return Err(unsupported("constraints other than NOT NULL", "leave them out"));
        }
        columns.push(column_definition(at)?);
        if !at.accept_token(&Token::Comma) {
            return Ok(columns);
        }
    }
}

fn column_definition(at: &mut Cursor<'_>) -> Result<ColumnDefinition, StatementError> {
    let name = at.identifier()?;
    at.accept_token(&Token::Colon);
    let type_text = at.type_text()?;
    let mut column = ColumnDefinition {
        name,
        type_text,
        nullable: true,
        comment: None,
    };
    loop {
        if at.accept("NOT NULL") {
            column.nullable = false;
        } else if at.accept("NULL") {
            column.nullable = true;
        } else if at.accept("COMMENT") {
            column.comment = Some(at.string()?);
        } else if [
            "DEFAULT",
            "GENERATED",
            "PRIMARY",
            "CONSTRAINT",
            "CHECK",
            "REFERENCES",
            "MASK",
            "COLLATE",
        ]
        .iter()
        .any(|word| at.looks_at(word))
        {
            let what = at.identifier()?.to_uppercase();
            return Err(unsupported(
                &format!("{what} in the definition of the column `{}`", column.name),
                "leave it out",
            ));
        } else {
            return Ok(column);
        }
    }
}

fn create_view(at: &mut Cursor<'_>, replace: bool, temporary: bool) -> Result<CreateView, StatementError> {
    let when_taken = when_taken(at, replace)?;
    let name = at.name()?;
    let mut view = CreateView {
        name,
        temporary,
        when_taken,
        columns: Vec::new(),
        comment: None,
        properties: BTreeMap::new(),
        query: 0,
    };
    if at.accept_token(&Token::LParen) {
        loop {
            let column = at.identifier()?;
            let comment = if at.accept("COMMENT") { Some(at.string()?) } else { None };
            view.columns.push((column, comment));
            if !at.accept_token(&Token::Comma) {
                break;
            }
        }
        at.expect_token(&Token::RParen)?;
    }
    loop {
        if at.accept("COMMENT") {
            view.comment = Some(at.string()?);
        } else if at.accept("TBLPROPERTIES") {
            view.properties = at.properties()?;
        } else if at.looks_at("WITH SCHEMA") || at.looks_at("WITH METRICS") || at.looks_at("USING") {
            return Err(unsupported("this form of CREATE VIEW", "use CREATE VIEW name AS query"));
        } else {
            break;
        }
    }
    at.expect("AS")?;
    view.query = at.index();
    Ok(view)
}

fn drop_statement(at: &mut Cursor<'_>) -> Result<Command, StatementError> {
    let view = at.looks_at("VIEW");
    let kind = if at.accept("VIEW") {
        SecurableKind::Table
    } else {
        securable_kind(at)?
    };
    let if_exists = at.accept("IF EXISTS");
    let name = at.name()?;
    let cascade = at.accept("CASCADE");
    let _ = cascade || at.accept("RESTRICT");
    Ok(Command::Drop {
        kind,
        view,
        name,
        if_exists,
        cascade,
    })
}

/// The word for a kind of object; a table when there is none that fits is an error.
fn securable_kind(at: &mut Cursor<'_>) -> Result<SecurableKind, StatementError> {
    for (word, kind) in [
        ("TABLE", SecurableKind::Table),
        ("VIEW", SecurableKind::Table),
        ("SCHEMA", SecurableKind::Schema),
        ("DATABASE", SecurableKind::Schema),
        ("CATALOG", SecurableKind::Catalog),
        ("VOLUME", SecurableKind::Volume),
    ] {
        if at.accept(word) {
            return Ok(kind);
        }
    }
    let what = at.clone().identifier().unwrap_or_default().to_uppercase();
    Err(unsupported(
        &format!("objects of the kind `{what}`"),
        "it has catalogs, schemas, tables, views and volumes",
    ))
}

fn alter(at: &mut Cursor<'_>) -> Result<Command, StatementError> {
    let view = at.looks_at("VIEW");
    let kind = securable_kind(at)?;
    let name = at.name()?;
    if kind != SecurableKind::Table {
        let _ = at.accept("SET");
        at.expect("OWNER TO")?;
        let owner = principal(at)?;
        at.expect_end()?;
        return Ok(Command::AlterOwner(kind, name, owner));
    }
    let change = if view && at.accept("AS") {
        return Ok(Command::Alter {
            view,
            name,
            change: Alteration::Query(at.index()),
        });
    } else if at.accept("ADD COLUMNS") || at.accept("ADD COLUMN") {
        Alteration::AddColumns(added_columns(at)?)
    } else if at.accept("ALTER COLUMN") || at.accept("CHANGE COLUMN") {
        alter_column(at)?
    } else if at.accept("SET TBLPROPERTIES") {
        Alteration::SetProperties(at.properties()?)
    } else if at.accept("UNSET TBLPROPERTIES") {
        let if_exists = at.accept("IF EXISTS");
        at.expect_token(&Token::LParen)?;
        let mut keys = vec![at.property_key()?];
        while at.accept_token(&Token::Comma) {
            keys.push(at.property_key()?);
        }
        at.expect_token(&Token::RParen)?;
        Alteration::UnsetProperties(keys, if_exists)
    } else if at.accept("RENAME TO") {
        Alteration::Rename(at.name()?)
    } else if at.accept("OWNER TO") || at.accept("SET OWNER TO") {
        Alteration::Owner(principal(at)?)
    } else {
        return Err(unsupported(
            "this form of ALTER TABLE",
            "it has ADD COLUMNS, ALTER COLUMN, SET and UNSET TBLPROPERTIES, RENAME TO and OWNER TO",
        ));
    };
    at.expect_end()?;
    Ok(Command::Alter { view, name, change })
}

fn added_columns(at: &mut Cursor<'_>) -> Result<Vec<ColumnDefinition>, StatementError> {
    let _ = at.accept("IF NOT EXISTS");
    let columns = if at.accept_token(&Token::LParen) {
        let columns = column_definitions(at)?;
        at.expect_token(&Token::RParen)?;
        columns
    } else {
        vec![column_definition(at)?]
    };
    if at.looks_at("FIRST") || at.looks_at("AFTER") {
        return Err(unsupported("FIRST and AFTER", "columns are added at the end"));
    }
    Ok(columns)
}

fn alter_column(at: &mut Cursor<'_>) -> Result<Alteration, StatementError> {
    let column = at.identifier()?;
    Ok(if at.accept("COMMENT") {
        Alteration::ColumnComment(column, Some(at.string()?))
    } else if at.accept("SET NOT NULL") {
        Alteration::ColumnNullable(column, false)
    } else if at.accept("DROP NOT NULL") {
        Alteration::ColumnNullable(column, true)
    } else if at.accept("TYPE") || at.accept("SET DATA TYPE") {
        Alteration::ColumnType(column, at.type_text()?)
    } else {
        return Err(unsupported(
            "this form of ALTER COLUMN",
            "it has COMMENT, SET NOT NULL, DROP NOT NULL and TYPE",
        ));
    })
}

/// A name of a user, service principal or group: a word, words in backquotes or a string.
fn principal(at: &mut Cursor<'_>) -> Result<String, StatementError> {
    at.identifier()
        .or_else(|_no_word| at.string())
        .map_err(|_no_string| at.unexpected("a principal"))
}

fn grant(at: &mut Cursor<'_>, add: bool) -> Result<Command, StatementError> {
    let mut privileges = Vec::new();
    loop {
        let mut words = vec![at.identifier()?];
        while !at.looks_at("ON") && !at.clone().accept_token(&Token::Comma) {
            words.push(at.identifier()?);
        }
        privileges.push(words.join(" "));
        if !at.accept_token(&Token::Comma) {
            break;
        }
    }
    at.expect("ON")?;
    // Without a word for the kind it is a table.
    let kind = if at.accept("METASTORE") {
        SecurableKind::Metastore
    } else {
        securable_kind(at).unwrap_or(SecurableKind::Table)
    };
    let name = if kind == SecurableKind::Metastore {
        Vec::new()
    } else {
        at.name()?
    };
    at.expect(if add { "TO" } else { "FROM" })?;
    Ok(Command::Grant {
        add,
        privileges,
        kind,
        name,
        principal: principal(at)?,
    })
}

fn show(at: &mut Cursor<'_>) -> Result<Show, StatementError> {
    let container = |at: &mut Cursor<'_>| {
        if at.accept("IN") || at.accept("FROM") {
            at.name().map(Some)
        } else {
            Ok(None)
        }
    };
    let pattern = |at: &mut Cursor<'_>| {
        let like = at.accept("LIKE");
        if like || !at.at_end() {
            at.string().map(Some)
        } else {
            Ok(None)
        }
    };
    Ok(if at.accept("CATALOGS") {
        Show::Catalogs(pattern(at)?)
    } else if at.accept("SCHEMAS") || at.accept("DATABASES") {
        Show::Schemas(container(at)?, pattern(at)?)
    } else if at.accept("TABLES") {
        Show::Tables(container(at)?, pattern(at)?)
    } else if at.accept("VIEWS") {
        Show::Views(container(at)?, pattern(at)?)
    } else if at.accept("VOLUMES") {
        Show::Volumes(container(at)?, pattern(at)?)
    } else if at.accept("COLUMNS") {
        let table = container(at)?.ok_or_else(|| at.unexpected("`IN` and a table"))?;
        Show::Columns(match container(at)? {
            Some(schema) => schema.into_iter().chain(table).collect(),
            None => table,
        })
    } else if at.accept("TBLPROPERTIES") {
        let name = at.name()?;
        let mut key = None;
        if at.accept_token(&Token::LParen) {
            key = Some(at.property_key()?);
            at.expect_token(&Token::RParen)?;
        }
        Show::Properties(name, key)
    } else if at.accept("GRANTS") || at.accept("GRANT") {
        let to = if at.looks_at("ON") { None } else { Some(principal(at)?) };
        at.expect("ON")?;
        let kind = if at.accept("METASTORE") {
            SecurableKind::Metastore
        } else {
            securable_kind(at).unwrap_or(SecurableKind::Table)
        };
        let name = if kind == SecurableKind::Metastore {
            Vec::new()
        } else {
            at.name()?
        };
        Show::Grants(to, kind, name)
    } else if at.accept("CREATE TABLE") {
        Show::CreateTable(at.name()?)
    } else {
        let what = at.identifier()?.to_uppercase();
        return Err(unsupported(
            &format!("SHOW {what}"),
            "it shows CATALOGS, SCHEMAS, TABLES, VIEWS, VOLUMES, COLUMNS, TBLPROPERTIES, GRANTS and CREATE TABLE",
        ));
    })
}

fn describe(at: &mut Cursor<'_>) -> Result<Describe, StatementError> {
    if at.accept("HISTORY") {
        let name = at.name()?;
        let limit = if at.accept("LIMIT") {
            Some(u32::try_from(at.number()?).map_err(|_range| at.unexpected("a number"))?)
        } else {
            None
        };
        return Ok(Describe::History(name, limit));
    }
    if at.accept("DETAIL") {
        return Ok(Describe::Detail(at.name()?));
    }
    for (word, kind) in [
        ("SCHEMA", SecurableKind::Schema),
        ("DATABASE", SecurableKind::Schema),
        ("CATALOG", SecurableKind::Catalog),
        ("VOLUME", SecurableKind::Volume),
    ] {
        if at.accept(word) {
            let _ = at.accept("EXTENDED");
            return Ok(Describe::Securable(kind, at.name()?));
        }
    }
    let _ = at.accept("TABLE");
    let extended = at.accept("EXTENDED") || at.accept("FORMATTED");
    Ok(Describe::Table(at.name()?, extended))
}
