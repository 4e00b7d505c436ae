//! Forms of SELECT that the engine lacks, brought to forms that it has: `GROUP BY ALL`, `QUALIFY`, `* EXCEPT (...)`.
//!
//! One at a time, those inside others first. Which columns `*` stands for, and which a query with QUALIFY has, the engine is asked; the question is a
//! query of the principal like any other. Starts at [`plain`]. What is left in a place that is not known here, `refusals` refuses by name.

use std::ops::{ControlFlow, Range};

use sqlparser::ast::{
    Expr, GroupByExpr, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, Visit, Visitor,
    WildcardAdditionalOptions,
};

use super::block::{Block, is_word};
use super::context::Context;
use super::error::unsupported;
use super::relations::{parse_query, part_text};
use super::rewrite;
use super::text::{Edit, Text, identifier};
use crate::compute::StatementError;

/// Forms in one statement, at most.
const MOST: usize = 100;
/// The column that says whether QUALIFY keeps a row.
const KEPT: &str = "kept by qualify";

/// Functions that make one value of many rows.
const AGGREGATES: [&str; 58] = [
    "any",
    "any_value",
    "approx_count_distinct",
    "approx_percentile",
    "array_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "collect_list",
    "collect_set",
    "corr",
    "count",
    "count_if",
    "covar_pop",
    "covar_samp",
    "every",
    "first",
    "first_value",
    "grouping",
    "grouping_id",
    "histogram_numeric",
    "kurtosis",
    "last",
    "last_value",
    "listagg",
    "max",
    "max_by",
    "mean",
    "median",
    "min",
    "min_by",
    "mode",
    "percentile",
    "percentile_approx",
    "percentile_cont",
    "percentile_disc",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "skewness",
    "some",
    "std",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "string_agg",
    "sum",
    "try_avg",
    "try_sum",
];

/// The query in forms that the engine has.
pub(super) async fn plain(context: &Context, mut text: Text) -> Result<Text, StatementError> {
    for _form in 0..MOST {
        let Some(found) = Found::innermost(&text)? else {
            return Ok(text);
        };
        let edits = found.edits(context, &text).await?;
        text = Text::read(&text.write(edits)?)?;
    }
    Err(unsupported(
        &format!("more than {MOST} of QUALIFY, GROUP BY ALL and `* EXCEPT` in one statement"),
        "make views of its parts",
    ))
}

/// One form in a statement.
struct Found {
    block: Block,
    form: Form,
}

enum Form {
    /// The places of the columns without aggregates, from 1.
    GroupByAll(Vec<usize>),
    /// The condition's identifiers that are names of columns of the SELECT, and the tokens that they stand for.
    Qualify(Vec<(usize, Range<usize>)>),
    /// The place of the item, its qualifier with a point, and the names that it leaves out.
    StarExcept(usize, String, Vec<String>),
}

impl Found {
    fn innermost(text: &Text) -> Result<Option<Self>, StatementError> {
        let written = |word: &str| (0..text.tokens().len()).any(|index| is_word(text, index, word));
        if !["QUALIFY", "EXCEPT", "ALL"].into_iter().any(written) {
            return Ok(None);
        }
        let query = parse_query(text, 0)?;
        let mut finder = Finder {
            text,
            with: Vec::new(),
            found: Vec::new(),
        };
        if let ControlFlow::Break(error) = query.visit(&mut finder) {
            return Err(error);
        }
        // What begins last has no other inside it.
        Ok(finder.found.into_iter().max_by_key(|found| found.block.start))
    }

    async fn edits(&self, context: &Context, text: &Text) -> Result<Vec<Edit>, StatementError> {
        match &self.form {
            Form::GroupByAll(places) => self.group_by_all(places),
            Form::Qualify(named) => self.qualify(context, text, named).await,
            Form::StarExcept(place, qualifier, left_out) => {
                self.star_except(context, text, *place, qualifier, left_out).await
            }
        }
    }

    fn group_by_all(&self, places: &[usize]) -> Result<Vec<Edit>, StatementError> {
        let range = self
            .block
            .group_by_all
            .clone()
            .ok_or_else(|| self.elsewhere("GROUP BY ALL"))?;
        let places: Vec<_> = places.iter().map(usize::to_string).collect();
        let text = if places.is_empty() {
            String::new()
        } else {
            format!("GROUP BY {}", places.join(", "))
        };
        Ok(vec![Edit { range, text }])
    }

    async fn qualify(
        &self,
        context: &Context,
        text: &Text,
        named: &[(usize, Range<usize>)],
    ) -> Result<Vec<Edit>, StatementError> {
        let block = &self.block;
        let (Some(at), Some(items)) = (block.clause("QUALIFY"), block.items.last()) else {
            return Err(self.elsewhere("QUALIFY"));
        };
        let end = block.end_of("QUALIFY");
        let mut meant = Vec::new();
        for (token, stands_for) in named {
            meant.push(Edit {
                range: *token..*token + 1,
                text: format!("({})", text.write_tokens(stands_for.clone())?),
            });
        }
        let condition = text.write_part(at + 1..end, meant)?;
        let (columns, before) = (
            text.write_tokens(block.start..items.end)?,
            text.write_tokens(items.end..at)?,
        );
        let after = text.write_tokens(end..block.end)?;
        let names = columns_of(context, &block.visible(text, &format!("{columns} {before} {after}"))?).await?;
        if let Some(twice) = (1..names.len()).find(|index| names[..*index].contains(&names[*index])) {
            return Err(unsupported(
                &format!("QUALIFY with two columns named `{}`", names[twice]),
                "give them names of their own",
            ));
        }
        let names: Vec<_> = names.iter().map(|name| identifier(name)).collect();
        let kept = identifier(KEPT);
        let written = format!(
            "SELECT {} FROM ({columns}, ({condition}) AS {kept} {before} {after}) WHERE {kept} ",
            names.join(", ")
        );
        Ok(vec![Edit {
            range: block.start..block.end,
            text: written,
        }])
    }

    async fn star_except(
        &self,
        context: &Context,
        text: &Text,
        place: usize,
        qualifier: &str,
        left_out: &[String],
    ) -> Result<Vec<Edit>, StatementError> {
        let (Some(from), Some(item)) = (self.block.clause("FROM"), self.block.items.get(place)) else {
            return Err(self.elsewhere("`* EXCEPT`"));
        };
        let source = text.write_tokens(from..self.block.end_of("FROM"))?;
        let question = self.block.visible(text, &format!("SELECT {qualifier}* {source}"))?;
        let names = columns_of(context, &question).await?;
        let same = |left: &str, right: &str| left.to_lowercase() == right.to_lowercase();
        for wanted in left_out {
            if !names.iter().any(|name| same(name, wanted)) {
                let message = format!("`* EXCEPT` leaves out `{wanted}`, which is no column of it");
                return Err(StatementError::new("UNRESOLVED_COLUMN", "42703", message));
            }
        }
        let mut kept = Vec::new();
        for name in &names {
            if left_out.iter().any(|wanted| same(name, wanted)) {
                continue;
            }
            if names.iter().filter(|other| same(name, other)).count() > 1 {
                return Err(unsupported(
                    &format!("`* EXCEPT` over two columns named `{name}`"),
                    "name the columns",
                ));
            }
            kept.push(format!("{qualifier}{}", identifier(name)));
        }
        if kept.is_empty() {
            return Err(unsupported("`* EXCEPT` of all columns", "leave one"));
        }
        Ok(vec![Edit {
            range: item.clone(),
            text: kept.join(", "),
        }])
    }

    fn elsewhere(&self, form: &str) -> StatementError {
        unsupported(&format!("{form} in this place"), "write the query without it")
    }
}

/// The names of a query's columns.
async fn columns_of(context: &Context, question: &str) -> Result<Vec<String>, StatementError> {
    let rewritten = Box::pin(rewrite::query(context, &Text::read(question)?, 0)).await?;
    let answer = context.analyse(rewritten.sql.clone()).await;
    let columns = answer.map_err(|error| rewritten.explain(error))?.columns;
    Ok(columns.into_iter().map(|column| column.name).collect())
}

struct Finder<'a> {
    text: &'a Text,
    /// The common table expressions of the queries around: name, and their last token.
    with: Vec<Vec<(usize, usize)>>,
    found: Vec<Found>,
}

impl Finder<'_> {
    fn select(&mut self, select: &Select) -> Result<(), StatementError> {
        let star = select
            .projection
            .iter()
            .enumerate()
            .find_map(|(place, item)| excepted(place, item));
        let all = matches!(select.group_by, GroupByExpr::All(_));
        if star.is_none() && !all && select.qualify.is_none() {
            return Ok(());
        }
        let visible = self.with.iter().flatten().copied();
        let Some(block) = Block::of(self.text, select, visible) else {
            return Err(unsupported("this form of SELECT", "begin it with the word SELECT"));
        };
        let form = if let Some((place, qualifier, left_out)) = star {
            Form::StarExcept(place, qualifier, left_out)
        } else if let (true, GroupByExpr::All(modifiers)) = (all, &select.group_by) {
            if !modifiers.is_empty() {
                return Err(unsupported("GROUP BY ALL with modifiers", "name the columns"));
            }
            Form::GroupByAll(without_aggregates(select)?)
        } else {
            Form::Qualify(self.named(select, &block)?)
        };
        self.found.push(Found { block, form });
        Ok(())
    }

    /// Names of columns of the SELECT in its condition.
    fn named(&self, select: &Select, block: &Block) -> Result<Vec<(usize, Range<usize>)>, StatementError> {
        if select.distinct.is_some() {
            return Err(unsupported("DISTINCT together with QUALIFY", "use GROUP BY"));
        }
        let mut aliases = Vec::new();
        for (item, range) in select.projection.iter().zip(&block.items) {
            if let SelectItem::ExprWithAlias { alias, .. } = item
                && let Some(at) = self.text.at(alias.span.start)
            {
                let before = (range.start..at)
                    .rev()
                    .find(|index| self.text.significant(*index) == Some(*index));
                let end = match before {
                    Some(word) if is_word(self.text, word, "AS") => word,
                    _ => at,
                };
                aliases.push((part_text(alias).to_lowercase(), range.start..end));
            }
        }
        let mut identifiers = Identifiers(Vec::new());
        let ControlFlow::Continue(()) = select.qualify.visit(&mut identifiers);
        let mut named = Vec::new();
        for (name, start) in identifiers.0 {
            let meant = aliases.iter().find(|(alias, _)| *alias == name);
            if let (Some((_, range)), Some(token)) = (meant, self.text.at(start)) {
                named.push((token, range.clone()));
            }
        }
        Ok(named)
    }
}

/// The identifiers of an expression, with their places.
struct Identifiers(Vec<(String, sqlparser::tokenizer::Location)>);

impl Visitor for Identifiers {
    type Break = std::convert::Infallible;

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<Self::Break> {
        if let Expr::Identifier(name) = expression {
            self.0.push((part_text(name).to_lowercase(), name.span.start));
        }
        ControlFlow::Continue(())
    }
}

/// `* EXCEPT (a, b)` or `t.* EXCEPT (a)`.
fn excepted(place: usize, item: &SelectItem) -> Option<(usize, String, Vec<String>)> {
    let (qualifier, options): (String, &WildcardAdditionalOptions) = match item {
        SelectItem::Wildcard(options) => (String::new(), options),
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
            (format!("{name}."), options)
        }
        _ => return None,
    };
    let except = options.opt_except.as_ref()?;
    let names = std::iter::once(&except.first_element).chain(&except.additional_elements);
    Some((place, qualifier, names.map(part_text).collect()))
}

/// The places, from 1, of the columns that are no aggregates.
fn without_aggregates(select: &Select) -> Result<Vec<usize>, StatementError> {
    let mut places = Vec::new();
    for (place, item) in (1..).zip(&select.projection) {
        let (SelectItem::UnnamedExpr(expression) | SelectItem::ExprWithAlias { expr: expression, .. }) = item else {
            return Err(unsupported("GROUP BY ALL with `*`", "name the columns"));
        };
        if expression.visit(&mut Aggregates).is_continue() {
            places.push(place);
        }
    }
    Ok(places)
}

/// Stops at an aggregate.
struct Aggregates;

impl Visitor for Aggregates {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        match expression {
            Expr::Function(function)
                if function.over.is_none()
                    && AGGREGATES.contains(&function.name.to_string().to_lowercase().replace('`', "").as_str()) =>
            {
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

impl Visitor for Finder<'_> {
    type Break = StatementError;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<StatementError> {
        let mut names = Vec::new();
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            let name = self.text.at(cte.alias.name.span.start);
            let closing = self.text.at(cte.closing_paren_token.0.span.start);
            if let (Some(name), Some(closing)) = (name, closing) {
                names.push((name, closing));
            }
        }
        self.with.push(names);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<StatementError> {
        self.with.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<StatementError> {
        match self.select(select) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}
