//! Names inside SQL texts become references. A parser finds them, so that texts, comments and aliases stay as they are.

use std::convert::Infallible;
use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Ident, ObjectName, SelectItemQualifiedWildcardKind, Visit, Visitor};
use sqlparser::dialect::DatabricksDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::lift::Names;

/// The text with names of declared catalogs and schemas as references; why not when it cannot be read.
///
/// # Errors
/// What the parser says.
pub(super) fn lift(text: &str, names: &Names) -> Result<String, String> {
    let mut found = Chains::default();
    match Parser::parse_sql(&DatabricksDialect {}, text) {
        Ok(statements) => {
            for statement in &statements {
                let ControlFlow::Continue(()) = statement.visit(&mut found);
            }
        }
        Err(error) => {
            let mut parser = Parser::new(&DatabricksDialect {})
                .try_with_sql(text)
                .map_err(|error| error.to_string())?;
            let expression = parser.parse_expr().map_err(|_no_expression| error.to_string())?;
            if parser.peek_token().token != Token::EOF {
                return Err(error.to_string());
            }
            let ControlFlow::Continue(()) = expression.visit(&mut found);
        }
    }
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    for (chain, is_relation) in &found.0 {
        for (index, reference) in names.in_chain(&values(chain), *is_relation) {
            if let Some((start, end)) = place(text, &chain[index]) {
                edits.push((start, end, reference));
            }
        }
    }
    edits.sort();
    edits.dedup();
    let mut lifted = text.to_owned();
    for (start, end, reference) in edits.into_iter().rev() {
        lifted.replace_range(start..end, &reference);
    }
    Ok(lifted)
}

fn values(chain: &[Ident]) -> Vec<&str> {
    chain.iter().map(|part| part.value.as_str()).collect()
}

/// Chains of identifiers, and whether each names a relation or function rather than a column.
#[derive(Default)]
struct Chains(Vec<(Vec<Ident>, bool)>);

impl Chains {
    fn object(&mut self, name: &ObjectName) {
        let parts: Vec<Ident> = name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
        if parts.len() == name.0.len() {
            self.0.push((parts, true));
        }
    }
}

impl Visitor for Chains {
    type Break = Infallible;

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Infallible> {
        self.object(relation);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Infallible> {
        match expr {
            Expr::CompoundIdentifier(parts) => self.0.push((parts.clone(), false)),
            Expr::Function(function) => self.object(&function.name),
            Expr::QualifiedWildcard(name, _) => self.object(name),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &sqlparser::ast::Select) -> ControlFlow<Infallible> {
        for item in &select.projection {
            if let sqlparser::ast::SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) =
                item
            {
                self.object(name);
            }
        }
        ControlFlow::Continue(())
    }
}

/// Where an identifier's text stands, backticks not included; none when the text there is not the identifier.
fn place(text: &str, identifier: &Ident) -> Option<(usize, usize)> {
    let line = usize::try_from(identifier.span.start.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(identifier.span.start.column).ok()?.checked_sub(1)?;
    let line_start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(line_start..)?;
    let start = line_start + rest.char_indices().nth(column)?.0;
    let start = start + usize::from(text[start..].starts_with('`'));
    text[start..]
        .starts_with(&identifier.value)
        .then_some((start, start + identifier.value.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let mut names = Names::default();
        names.add_catalog("dev", "${var.catalog}");
        names.add_schema("dev", "gold", "${resources.schemas.gold.name}");
        names
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(lift(text, &names()).unwrap(), expected);
    }

    #[test]
    fn names_of_relations_columns_and_functions_become_references() {
        check(
            "SELECT t.a, dev.gold.t.b, `dev`.gold.f(t.c)\n FROM dev.`gold`.t -- dev.gold.x\n JOIN dev.other.u ON true WHERE x = 'dev.gold.t'",
            "SELECT t.a, ${var.catalog}.${resources.schemas.gold.name}.t.b, `${var.catalog}`.${resources.schemas.gold.name}.f(t.c)\n FROM ${var.catalog}.`${resources.schemas.gold.name}`.t -- dev.gold.x\n JOIN ${var.catalog}.other.u ON true WHERE x = 'dev.gold.t'",
        );
        check(
            "DEV.Gold.t.x > 1",
            "${var.catalog}.${resources.schemas.gold.name}.t.x > 1",
        );
    }

    #[test]
    fn aliases_and_common_table_expressions_that_look_like_names_stay() {
        check(
            "WITH gold AS (SELECT 1 AS dev) SELECT gold.dev FROM gold",
            "WITH gold AS (SELECT 1 AS dev) SELECT gold.dev FROM gold",
        );
        check("SELECT dev.name FROM x AS dev", "SELECT dev.name FROM x AS dev");
    }

    #[test]
    fn what_cannot_be_read_says_so() {
        assert!(lift("SELECT a FROM (", &names()).is_err());
    }
}
