//! What kind of statement a text is, and its parts. Pure; nothing is looked up and nothing allowed here.

mod constraint;
mod definition;
mod function;
mod listing;
mod settings;
mod tagging;

pub(in crate::sql) use function::CreateFunction;

use std::collections::BTreeMap;
use std::ops::Range;

use sqlparser::tokenizer::Token;

use crate::catalog::{SecurableKind, WhenTagged};
use crate::compute::StatementError;
use crate::sql::constraints::{Dropped, NewConstraint};
use crate::sql::cursor::Cursor;
use crate::sql::error::unsupported;
use crate::sql::inventory::Parts;
use crate::sql::masks::PolicyCall;
use crate::sql::tags::Tagged;
use crate::sql::text::Text;

/// A column of CREATE TABLE or ADD COLUMNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sql) struct ColumnDefinition {
    pub(in crate::sql) name: String,
    pub(in crate::sql) type_text: String,
    pub(in crate::sql) nullable: bool,
    pub(in crate::sql) comment: Option<String>,
    pub(in crate::sql) mask: Option<PolicyCall>,
}

/// What CREATE does when the name is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sql) enum WhenTaken {
    Fail,
    Skip,
    Replace,
}

/// CREATE TABLE, with or without a query.
#[derive(Clone, Debug)]
pub(in crate::sql) struct CreateTable {
    pub(in crate::sql) name: Vec<String>,
    pub(in crate::sql) when_taken: WhenTaken,
    pub(in crate::sql) columns: Vec<ColumnDefinition>,
    pub(in crate::sql) partitioning: Vec<String>,
    pub(in crate::sql) comment: Option<String>,
    pub(in crate::sql) properties: BTreeMap<String, String>,
    pub(in crate::sql) row_filter: Option<PolicyCall>,
    pub(in crate::sql) constraints: Vec<(Option<String>, NewConstraint)>,
    /// Where the query begins.
    pub(in crate::sql) query: Option<usize>,
}

/// CREATE VIEW.
#[derive(Clone, Debug)]
pub(in crate::sql) struct CreateView {
    pub(in crate::sql) name: Vec<String>,
    pub(in crate::sql) temporary: bool,
    pub(in crate::sql) when_taken: WhenTaken,
    pub(in crate::sql) columns: Vec<(String, Option<String>)>,
    pub(in crate::sql) comment: Option<String>,
    pub(in crate::sql) properties: BTreeMap<String, String>,
    pub(in crate::sql) query: usize,
}

/// INSERT.
#[derive(Clone, Debug)]
pub(in crate::sql) struct Insert {
    pub(in crate::sql) name: Vec<String>,
    pub(in crate::sql) overwrite: bool,
    pub(in crate::sql) columns: Option<Vec<String>>,
    pub(in crate::sql) by_name: bool,
    /// The tokens of the condition of REPLACE WHERE.
    pub(in crate::sql) replace_where: Option<Range<usize>>,
    pub(in crate::sql) query: usize,
}

/// Where added columns stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sql) enum Place {
    First,
    After(String),
    Last,
}

/// One change of ALTER TABLE or ALTER VIEW.
#[derive(Clone, Debug)]
pub(in crate::sql) enum Alteration {
    AddColumns(Vec<ColumnDefinition>, Place),
    ColumnComment(String, Option<String>),
    ColumnNullable(String, bool),
    ColumnType(String, String),
    /// SET MASK, or DROP MASK when there is none.
    ColumnMask(String, Option<PolicyCall>),
    /// SET ROW FILTER, or DROP ROW FILTER when there is none.
    RowFilter(Option<PolicyCall>),
    AddConstraint(Option<String>, NewConstraint),
    /// With IF EXISTS, with CASCADE.
    DropConstraint(Dropped, bool, bool),
    SetProperties(BTreeMap<String, String>),
    UnsetProperties(Vec<String>, bool),
    Owner(String),
    Rename(Vec<String>),
    /// Where the new query of a view begins.
    Query(usize),
}

/// What SHOW lists.
#[derive(Clone, Debug)]
pub(in crate::sql) enum Show {
    Catalogs(Option<String>),
    Schemas(Option<Vec<String>>, Option<String>),
    Tables(Option<Vec<String>>, Option<String>),
    Views(Option<Vec<String>>, Option<String>),
    Volumes(Option<Vec<String>>, Option<String>),
    Functions(Option<Vec<String>>, Option<String>),
    Columns(Vec<String>),
    Properties(Vec<String>, Option<String>),
    Grants(Option<String>, SecurableKind, Vec<String>),
    CreateTable(Vec<String>),
    TablesOfCatalogs(Parts),
    ColumnsOfCatalogs(Parts),
}

/// What DESCRIBE tells.
#[derive(Clone, Debug)]
pub(in crate::sql) enum Describe {
    Table(Vec<String>, bool),
    History(Vec<String>, Option<u32>),
    Detail(Vec<String>),
    Securable(SecurableKind, Vec<String>),
    Function(Vec<String>, bool),
    /// Where the query begins.
    Query(usize),
}

/// A statement.
#[derive(Clone, Debug)]
pub(in crate::sql) enum Command {
    Query,
    Explain(usize, Range<usize>),
    Insert(Insert),
    /// UPDATE, DELETE, MERGE with their operation in the Delta log.
    Change(&'static str),
    Truncate(Vec<String>),
    CreateTable(CreateTable),
    CreateView(CreateView),
    CreateFunction(CreateFunction),
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
    SetTags(Tagged, BTreeMap<String, String>, WhenTagged),
    UnsetTags(Tagged, Vec<String>),
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
    /// SET of a session.
    Set(String, String),
    /// SET without a value.
    Settings(Option<String>),
    /// RESET: one setting, or all.
    Reset(Option<String>),
}

/// Reads a statement.
pub(in crate::sql) fn read(text: &Text) -> Result<Command, StatementError> {
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
        return definition::insert(at).map(Command::Insert);
    } else if at.looks_at("UPDATE") {
        return Ok(Command::Change("UPDATE"));
    } else if at.looks_at("DELETE") {
        return Ok(Command::Change("DELETE"));
    } else if at.looks_at("MERGE WITH SCHEMA EVOLUTION") {
        return Err(definition::schema_evolution());
    } else if at.looks_at("MERGE") {
        return Ok(Command::Change("MERGE"));
    } else if at.accept("TRUNCATE TABLE") {
        Command::Truncate(at.name()?)
    } else if at.accept("CREATE") {
        return create(at);
    } else if at.accept("DROP") {
        drop_statement(at)?
    } else if at.accept("ALTER") {
        return definition::alter(at);
    } else if at.accept("GRANT") {
        grant(at, true)?
    } else if at.accept("REVOKE") {
        grant(at, false)?
    } else if at.accept("COMMENT ON COLUMN") {
        let mut name = at.name()?;
        let column = name.pop().filter(|_| !name.is_empty());
        let column = column.ok_or_else(|| at.unexpected("the column after its table and a point"))?;
        at.expect("IS")?;
        let comment = if at.accept("NULL") { None } else { Some(at.string()?) };
        Command::Alter {
            view: false,
            name,
            change: Alteration::ColumnComment(column, comment),
        }
    } else if at.accept("COMMENT ON") {
        let (kind, name) = (securable_kind(at)?, at.name()?);
        at.expect("IS")?;
        Command::Comment(kind, name, if at.accept("NULL") { None } else { Some(at.string()?) })
    } else if at.accept("SHOW") {
        Command::Show(listing::show(at)?)
    } else if at.accept("DESCRIBE") || at.accept("DESC") {
        let what = listing::describe(at)?;
        if let Describe::Query(_) = what {
            return Ok(Command::Describe(what));
        }
        Command::Describe(what)
    } else if at.accept("SET TAG ON") {
        tagging::tag_on(at, true)?
    } else if at.accept("UNSET TAG ON") {
        tagging::tag_on(at, false)?
    } else if at.accept("SET TIME ZONE") {
        Command::Set("timezone".to_owned(), settings::value(at)?)
    } else if at.looks_at("SET VAR") || at.looks_at("SET VARIABLE") {
        return Err(unsupported("SET VAR", "use parameters of the statement"));
    } else if at.looks_at("SET") && !at.looks_at("SET CATALOG") {
        at.expect("SET")?;
        settings::set(at)?
    } else if at.accept("RESET") {
        Command::Reset(if at.at_end() { None } else { Some(at.name()?.join(".")) })
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
        let name = at.name()?;
        if at.looks_at("ZORDER") || at.looks_at("WHERE") || at.looks_at("FULL") {
            let clause = at.identifier()?.to_uppercase();
            return Err(unsupported(
                &format!("OPTIMIZE with {clause}"),
                "use OPTIMIZE with the name alone",
            ));
        }
        Command::Optimize(name)
    } else if at.accept("VACUUM") {
        vacuum(at)?
    } else if at.accept("REFRESH TABLE") || at.accept("REFRESH") {
        Command::RefreshTable(at.name()?)
    } else {
        let mut words = at.clone();
        let first = words.identifier().map_err(|_no_word| at.unexpected("a statement"))?;
        return Err(unsupported(
            &format!("statements that begin with `{}`", first.to_uppercase()),
            "it executes queries, INSERT, UPDATE, DELETE, MERGE and statements about catalogs, schemas, tables, views, functions, volumes and grants",
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

fn create(at: &mut Cursor<'_>) -> Result<Command, StatementError> {
    let replace = at.accept("OR REPLACE");
    if at.looks_at("GLOBAL") {
        return Err(unsupported("global temporary views", "use a view of a schema"));
    }
    let temporary = at.accept("TEMP") || at.accept("TEMPORARY");
    if at.accept("VIEW") {
        return definition::create_view(at, replace, temporary).map(Command::CreateView);
    }
    if temporary && at.looks_at("FUNCTION") {
        return Err(unsupported("temporary functions", "make a function of a schema"));
    }
    if temporary {
        return Err(at.unexpected("`VIEW`"));
    }
    if at.accept("FUNCTION") {
        return function::create_function(at, replace).map(Command::CreateFunction);
    }
    if at.looks_at("EXTERNAL") {
        return Err(unsupported(
            "external tables",
            "leave out `EXTERNAL` and `LOCATION`: the workspace keeps the files of its tables",
        ));
    }
    if at.accept("TABLE") {
        return definition::create_table(at, replace).map(Command::CreateTable);
    }
    if replace {
        return Err(at.unexpected("`TABLE`, `VIEW` or `FUNCTION`"));
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
            "it has catalogs, schemas, tables, views, functions and volumes",
        ));
    };
    at.expect_end()?;
    Ok(command)
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
        ("FUNCTION", SecurableKind::Function),
    ] {
        if at.accept(word) {
            return Ok(kind);
        }
    }
    let what = at.clone().identifier().unwrap_or_default().to_uppercase();
    Err(unsupported(
        &format!("objects of the kind `{what}`"),
        "it has catalogs, schemas, tables, views, functions and volumes",
    ))
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
