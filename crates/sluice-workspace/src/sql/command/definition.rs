//! The grammar of INSERT, CREATE TABLE, CREATE VIEW and ALTER.

use std::collections::BTreeMap;

use sqlparser::tokenizer::Token;

use super::constraint::{column_constraint, table_constraint};
use super::tagging::alter_tags;
use super::{
    Alteration, ColumnDefinition, Command, CreateTable, CreateView, Insert, Place, WhenTaken, principal, securable_kind,
};
use crate::catalog::SecurableKind;
use crate::compute::StatementError;
use crate::sql::constraints::{Dropped, NewConstraint};
use crate::sql::cursor::Cursor;
use crate::sql::error::unsupported;
use crate::sql::masks::PolicyCall;
use crate::sql::tags::Tagged;

pub(super) fn insert(at: &mut Cursor<'_>) -> Result<Insert, StatementError> {
    if at.looks_at("WITH SCHEMA EVOLUTION") {
        return Err(schema_evolution());
    }
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
    for form in ["REPLACE USING", "REPLACE ON"] {
        if at.looks_at(form) {
            return Err(unsupported(form, "use `REPLACE WHERE condition`, or MERGE"));
        }
    }
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

/// The error for writes that add columns.
pub(super) fn schema_evolution() -> StatementError {
    unsupported("WITH SCHEMA EVOLUTION", "add the columns with ALTER TABLE ADD COLUMNS")
}

pub(super) fn when_taken(at: &mut Cursor<'_>, replace: bool) -> Result<WhenTaken, StatementError> {
    match (replace, at.accept("IF NOT EXISTS")) {
        (true, true) => Err(unsupported("OR REPLACE together with IF NOT EXISTS", "choose one")),
        (true, false) => Ok(WhenTaken::Replace),
        (false, true) => Ok(WhenTaken::Skip),
        (false, false) => Ok(WhenTaken::Fail),
    }
}

pub(super) fn create_table(at: &mut Cursor<'_>, replace: bool) -> Result<CreateTable, StatementError> {
    let when_taken = when_taken(at, replace)?;
    let name = at.name()?;
    let mut table = CreateTable {
        name,
        when_taken,
        columns: Vec::new(),
        partitioning: Vec::new(),
        comment: None,
        properties: BTreeMap::new(),
        row_filter: None,
        constraints: Vec::new(),
        query: None,
    };
    if at.looks_at("LIKE") || at.looks_at("SHALLOW") || at.looks_at("DEEP") || at.looks_at("CLONE") {
        return Err(unsupported("CREATE TABLE LIKE and CLONE", "use CREATE TABLE AS SELECT"));
    }
    if at.accept_token(&Token::LParen) {
        (table.columns, table.constraints) = column_definitions(at)?;
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
        } else if at.accept("WITH ROW FILTER") {
            table.row_filter = Some(row_filter(at)?);
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

type Constraints = Vec<(Option<String>, NewConstraint)>;

fn column_definitions(at: &mut Cursor<'_>) -> Result<(Vec<ColumnDefinition>, Constraints), StatementError> {
    let (mut columns, mut constraints) = (Vec::new(), Vec::new());
    loop {
        match table_constraint(at)? {
            Some(constraint) => constraints.push(constraint),
            None => columns.push(column_definition(at, &mut constraints)?),
        }
        if !at.accept_token(&Token::Comma) {
            return Ok((columns, constraints));
        }
    }
}

fn column_definition(at: &mut Cursor<'_>, constraints: &mut Constraints) -> Result<ColumnDefinition, StatementError> {
    let name = at.identifier()?;
    at.accept_token(&Token::Colon);
    let type_text = at.type_text()?;
    let mut column = ColumnDefinition {
        name,
        type_text,
        nullable: true,
        comment: None,
        mask: None,
    };
    loop {
        if at.accept("NOT NULL") {
            column.nullable = false;
        } else if at.accept("NULL") {
            column.nullable = true;
        } else if at.accept("COMMENT") {
            column.comment = Some(at.string()?);
        } else if at.accept("MASK") {
            column.mask = Some(mask(at)?);
        } else if let Some(constraint) = column_constraint(at, &column.name)? {
            constraints.push(constraint);
        } else if ["DEFAULT", "GENERATED", "CHECK", "COLLATE"]
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

pub(super) fn create_view(at: &mut Cursor<'_>, replace: bool, temporary: bool) -> Result<CreateView, StatementError> {
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

pub(super) fn alter(at: &mut Cursor<'_>) -> Result<Command, StatementError> {
    let view = at.looks_at("VIEW");
    let kind = securable_kind(at)?;
    let name = at.name()?;
    let mut tagged = Tagged {
        kind,
        name: name.clone(),
        column: None,
    };
    if let Some(command) = alter_tags(at, &tagged)? {
        return Ok(command);
    }
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
        added_columns(at)?
    } else if at.accept("ALTER COLUMN") || at.accept("CHANGE COLUMN") {
        let column = at.identifier()?;
        tagged.column = Some(column.clone());
        if let Some(command) = alter_tags(at, &tagged)? {
            return Ok(command);
        }
        alter_column(at, column)?
    } else if at.looks_at("ADD CONSTRAINT") || at.looks_at("ADD PRIMARY KEY") || at.looks_at("ADD FOREIGN KEY") {
        at.expect("ADD")?;
        match table_constraint(at)? {
            Some((name, constraint)) => Alteration::AddConstraint(name, constraint),
            None => return Err(at.unexpected("a constraint")),
        }
    } else if at.looks_at("DROP CONSTRAINT") || at.looks_at("DROP PRIMARY KEY") || at.looks_at("DROP FOREIGN KEY") {
        at.expect("DROP")?;
        drop_constraint(at)?
    } else if at.accept("SET ROW FILTER") {
        Alteration::RowFilter(Some(row_filter(at)?))
    } else if at.accept("DROP ROW FILTER") {
        Alteration::RowFilter(None)
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
            "it has ADD COLUMNS, ALTER COLUMN, ADD and DROP CONSTRAINT, SET and UNSET TAGS, SET and DROP ROW FILTER, SET and UNSET TBLPROPERTIES, RENAME TO and OWNER TO",
        ));
    };
    at.expect_end()?;
    Ok(Command::Alter { view, name, change })
}

fn added_columns(at: &mut Cursor<'_>) -> Result<Alteration, StatementError> {
    let _ = at.accept("IF NOT EXISTS");
    let mut constraints = Vec::new();
    let columns = if at.accept_token(&Token::LParen) {
        let (columns, given) = column_definitions(at)?;
        constraints = given;
        at.expect_token(&Token::RParen)?;
        columns
    } else {
        vec![column_definition(at, &mut constraints)?]
    };
    if !constraints.is_empty() {
        return Err(unsupported(
            "constraints in ADD COLUMNS",
            "use ALTER TABLE ADD CONSTRAINT",
        ));
    }
    let place = if at.accept("FIRST") {
        Place::First
    } else if at.accept("AFTER") {
        Place::After(at.identifier()?)
    } else {
        Place::Last
    };
    Ok(Alteration::AddColumns(columns, place))
}

fn drop_constraint(at: &mut Cursor<'_>) -> Result<Alteration, StatementError> {
    let primary = at.accept("PRIMARY KEY");
    let foreign = !primary && at.accept("FOREIGN KEY");
    if !primary && !foreign {
        at.expect("CONSTRAINT")?;
    }
    let if_exists = at.accept("IF EXISTS");
    let dropped = if primary {
        Dropped::PrimaryKey
    } else if foreign {
        Dropped::ForeignKey(at.identifiers()?)
    } else {
        Dropped::Name(at.identifier()?)
    };
    let cascade = at.accept("CASCADE");
    let _ = cascade || at.accept("RESTRICT");
    Ok(Alteration::DropConstraint(dropped, if_exists, cascade))
}

/// After MASK: a function, and the columns that follow the masked one as its arguments.
fn mask(at: &mut Cursor<'_>) -> Result<PolicyCall, StatementError> {
    let function = at.name()?;
    let columns = if at.accept("USING COLUMNS") {
        columns_of_policy(at)?
    } else {
        Vec::new()
    };
    Ok(PolicyCall { function, columns })
}

/// After ROW FILTER: a function, and its arguments.
fn row_filter(at: &mut Cursor<'_>) -> Result<PolicyCall, StatementError> {
    let function = at.name()?;
    at.expect("ON")?;
    let columns = columns_of_policy(at)?;
    Ok(PolicyCall { function, columns })
}

fn columns_of_policy(at: &mut Cursor<'_>) -> Result<Vec<String>, StatementError> {
    let mut columns = Vec::new();
    at.expect_token(&Token::LParen)?;
    while !at.accept_token(&Token::RParen) {
        if !columns.is_empty() {
            at.expect_token(&Token::Comma)?;
        }
        columns.push(at.identifier().map_err(|_no_name| {
            unsupported(
                "literals as arguments of masks and filters",
                "name columns, and write literals into the function",
            )
        })?);
    }
    Ok(columns)
}

fn alter_column(at: &mut Cursor<'_>, column: String) -> Result<Alteration, StatementError> {
    Ok(if at.accept("COMMENT") {
        Alteration::ColumnComment(column, Some(at.string()?))
    } else if at.accept("SET NOT NULL") {
        Alteration::ColumnNullable(column, false)
    } else if at.accept("DROP NOT NULL") {
        Alteration::ColumnNullable(column, true)
    } else if at.accept("TYPE") || at.accept("SET DATA TYPE") {
        Alteration::ColumnType(column, at.type_text()?)
    } else if at.accept("SET MASK") {
        Alteration::ColumnMask(column, Some(mask(at)?))
    } else if at.accept("DROP MASK") {
        Alteration::ColumnMask(column, None)
    } else {
        return Err(unsupported(
            "this form of ALTER COLUMN",
            "it has COMMENT, SET NOT NULL, DROP NOT NULL, SET MASK, DROP MASK and TYPE",
        ));
    })
}
