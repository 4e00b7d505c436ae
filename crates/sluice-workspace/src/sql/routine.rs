//! Calls of the catalog's SQL functions become the bodies of these functions, before anything else is done with a statement.
//!
//! A body is one expression over its parameters; each parameter is replaced by its argument, in parentheses and cast to the type of the parameter, and the
//! whole is cast to what the function returns. So the engine never hears of functions, and nothing in a body can mean a column of the
//! caller: a body has no names but its parameters, no queries, and no lambdas that could catch a name of an argument. Functions about
//! the session answer for who asks, also inside a view or a mask.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Query, Select, SelectItem, Visit, Visitor,
};
use sqlparser::tokenizer::Token;

use super::context::Context;
use super::error::{from_api, parse_error, unsupported};
use super::projection;
use super::relations::{name_tokens, parse_expression, parse_query, parse_statement, part_text};
use super::rewrite::session_edits;
use super::text::{Edit, Text, identifier};
use crate::catalog::{FunctionRecord, Privilege};
use crate::compute::StatementError;

/// Functions in each other, at most.
const DEEPEST: usize = 12;
/// Tokens of a statement with the bodies of functions in it, at most.
const LARGEST: usize = 200_000;
/// Functions that answer differently each time: an argument that is used twice would have two values.
const NONDETERMINISTIC: [&str; 9] = [
    "rand",
    "random",
    "randn",
    "randstr",
    "uuid",
    "uniform",
    "shuffle",
    "monotonically_increasing_id",
    "spark_partition_id",
];
/// Words that stand without quotes as an argument of functions about time.
const UNITS: [&str; 14] = [
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "dayofyear",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "yearofweek",
    "doy",
    "dow",
];

/// What a text is to be parsed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Query,
    Statement,
    Expression,
}

/// A call as the text has it.
#[derive(Clone, Debug)]
struct Call {
    parts: Vec<String>,
    /// The tokens from the name to the closing parenthesis.
    range: Range<usize>,
    arguments: Vec<Range<usize>>,
    /// What a call of a catalog function may not have.
    clause: Option<&'static str>,
}

/// The text with all calls of catalog functions expanded. `inserted` says that columns of the outermost SELECT get their names elsewhere.
pub(super) async fn expand(
    context: &Context,
    text: Text,
    shape: Shape,
    inserted: bool,
) -> Result<Text, StatementError> {
    expand_at(context, text, shape, inserted, 0).await
}

async fn expand_at(
    context: &Context,
    mut text: Text,
    shape: Shape,
    inserted: bool,
    depth: usize,
) -> Result<Text, StatementError> {
    let here = context
        .workspace
        .catalog()
        .function_names(&format!("{}.{}", context.catalog, context.schema))
        .await
        .map_err(from_api)?;
    let mut named = false;
    loop {
        let found = Finder::find(&text, shape, inserted)?;
        let is_ours = |call: &&Call| match call.parts.as_slice() {
            [name] => here.contains(&name.to_lowercase()),
            _ => true,
        };
        let ours: Vec<&Call> = found.calls.iter().filter(is_ours).collect();
        if ours.is_empty() {
            return Ok(text);
        }
        // Columns keep the name that the call gives them; said first, while the call is still there.
        if !std::mem::replace(&mut named, true) {
            let of_ours = |range: &&Range<usize>| ours.iter().any(|call| range.contains(&call.range.start));
            let mut edits = Vec::new();
            for range in found.columns.iter().filter(of_ours) {
                let name = text.write_tokens(range.clone())?;
                if !name.contains('/') {
                    edits.push(Edit {
                        range: range.end..range.end,
                        text: format!(" AS {}", identifier(&name)),
                    });
                }
            }
            if !edits.is_empty() {
                text = Text::read(&text.write(edits)?)?;
                continue;
            }
        }
        let mut edits = Vec::new();
        for call in &ours {
            let holds_another = ours
                .iter()
                .any(|other| other.range.start > call.range.start && call.range.contains(&other.range.start));
            if !holds_another {
                edits.push(expand_call(context, &text, call, depth).await?);
            }
        }
        text = Text::read(&text.write(edits)?)?;
        if text.tokens().len() > LARGEST {
            return Err(unsupported(
                "a statement that becomes this long by the functions in it",
                "call fewer functions inside each other",
            ));
        }
    }
}

async fn expand_call(context: &Context, text: &Text, call: &Call, depth: usize) -> Result<Edit, StatementError> {
    let name = context.table_name(&call.parts)?;
    let catalog = context.workspace.catalog();
    let function = catalog.resolve_function(&name).await.map_err(from_api)?;
    catalog
        .require(&context.principal, Privilege::Execute, &function.securable)
        .await
        .map_err(from_api)?;
    if let Some(clause) = call.clause {
        return Err(unsupported(
            &format!("{clause} with the function '{name}'"),
            "give its arguments in their order, and nothing after them",
        ));
    }
    let mut arguments = Vec::new();
    for range in &call.arguments {
        arguments.push(text.write_tokens(range.clone())?);
    }
    Ok(Edit {
        range: call.range.clone(),
        text: inline_at(context, &function, &arguments, depth).await?,
    })
}

/// The expression that a call with these arguments stands for. Whether the principal may call is asked elsewhere.
pub(super) async fn inline(
    context: &Context,
    function: &FunctionRecord,
    arguments: &[String],
) -> Result<String, StatementError> {
    inline_at(context, function, arguments, 0).await
}

async fn inline_at(
    context: &Context,
    function: &FunctionRecord,
    arguments: &[String],
    depth: usize,
) -> Result<String, StatementError> {
    let name = &function.securable.full_name;
    if arguments.len() != function.parameters.len() {
        let message = format!(
            "the function '{name}' takes {} arguments, not {}",
            function.parameters.len(),
            arguments.len()
        );
        return Err(StatementError::new(
            "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
            "42605",
            message,
        ));
    }
    let names: Vec<_> = function
        .parameters
        .iter()
        .map(|parameter| parameter.name.clone())
        .collect();
    let text = template(context, name, &function.definition, &names, depth).await?;
    let uses = Body::of(&text, &names)?.uses;
    let mut edits = Vec::new();
    for (index, (parameter, argument)) in function.parameters.iter().zip(arguments).enumerate() {
        let used: Vec<usize> = uses
            .iter()
            .filter(|(which, _)| *which == index)
            .map(|(_, token)| *token)
            .collect();
        if used.len() > 1 && is_nondeterministic(argument)? {
            return Err(unsupported(
                &format!("the argument `{argument}` of '{name}', which the function uses more than once"),
                "compute it in a subquery, and give its column to the function",
            ));
        }
        edits.extend(used.into_iter().map(|token| Edit {
            range: token..token + 1,
            text: format!("CAST(({argument}) AS {})", parameter.type_text),
        }));
    }
    Ok(format!(
        "CAST(({}) AS {})",
        text.write(edits)?,
        function.returns.type_text
    ))
}

/// A body with the functions in it expanded and the session's ones answered; only its parameters are left.
pub(super) async fn template(
    context: &Context,
    name: &str,
    definition: &str,
    parameters: &[String],
    depth: usize,
) -> Result<Text, StatementError> {
    if depth >= DEEPEST {
        return Err(unsupported(
            &format!("more than {DEEPEST} functions in each other, or a function that calls itself ('{name}')"),
            "make the functions simpler",
        ));
    }
    let text = Text::read(definition)?;
    Body::of(&text, parameters)?;
    let mut inner = context.clone();
    let mut parts = name.split('.').map(str::to_owned);
    inner.catalog = parts.next().unwrap_or_default();
    inner.schema = parts.next().unwrap_or_default();
    inner.temporary_views.clear();
    // A body calls other functions with the rights of its owner; one that is being made, with those of its author.
    if let Ok(function) = context.workspace.catalog().resolve_function(name).await {
        inner.principal = context.owner(&function.securable).await?;
    }
    let expanded = Box::pin(expand_at(&inner, text, Shape::Expression, true, depth + 1)).await?;
    let edits = session_edits(&inner, &expanded)?;
    Text::read(&expanded.write(edits)?)
}

/// Refuses a name of a parameter that is given twice.
pub(super) fn check_parameters(names: &[String]) -> Result<(), StatementError> {
    let mut seen = BTreeSet::new();
    match names.iter().find(|name| !seen.insert(name.to_lowercase())) {
        Some(twice) => Err(parse_error(format!("the parameter `{twice}` is given twice"))),
        None => Ok(()),
    }
}

/// Whether an expression holds a function that answers differently each time.
pub(super) fn is_nondeterministic(expression: &str) -> Result<bool, StatementError> {
    let text = Text::read(expression)?;
    let named = |index: usize| match &text.tokens()[index].token {
        Token::Word(word) => NONDETERMINISTIC
            .iter()
            .any(|name| word.value.eq_ignore_ascii_case(name)),
        _ => false,
    };
    let called = |index: usize| {
        text.significant(index + 1)
            .is_some_and(|next| text.tokens()[next].token == Token::LParen)
    };
    Ok((0..text.tokens().len()).any(|index| named(index) && called(index)))
}

/// The token after the parenthesis that closes the one at `open`.
pub(super) fn after_closing(text: &Text, open: usize) -> Result<usize, StatementError> {
    let mut depth = 0_usize;
    for (index, token) in text.tokens().iter().enumerate().skip(open) {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Ok(index + 1);
                }
            }
            _ => {}
        }
    }
    Err(parse_error("a parenthesis is not closed"))
}

/// What stands between commas from `open`, a parenthesis, to its end.
fn arguments(text: &Text, open: usize, end: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0_usize, open + 1);
    for (index, token) in text.tokens().iter().enumerate().take(end - 1).skip(open + 1) {
        match token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
            Token::Comma if depth == 0 => {
                found.push(start..index);
                start = index + 1;
            }
            _ => {}
        }
    }
    let last = start..end - 1;
    if !found.is_empty() || text.significant(last.start).is_some_and(|index| index < last.end) {
        found.push(last);
    }
    found
}

fn walk<V: Visitor<Break = StatementError>>(text: &Text, shape: Shape, visitor: &mut V) -> Result<(), StatementError> {
    let flow = match shape {
        Shape::Query => parse_query(text, 0)?.visit(visitor),
        Shape::Statement => parse_statement(text)?.visit(visitor),
        Shape::Expression => parse_expression(text)?.visit(visitor),
    };
    match flow {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// Finds calls, and the columns of SELECTs without a name.
struct Finder<'a> {
    text: &'a Text,
    calls: Vec<Call>,
    columns: Vec<Range<usize>>,
    /// The outermost SELECT, whose columns are left alone.
    skipped: bool,
}

impl<'a> Finder<'a> {
    fn find(text: &'a Text, shape: Shape, inserted: bool) -> Result<Self, StatementError> {
        let mut finder = Self {
            text,
            calls: Vec::new(),
            columns: Vec::new(),
            skipped: !inserted,
        };
        walk(text, shape, &mut finder)?;
        Ok(finder)
    }

    fn call(&self, function: &Function) -> Result<Option<Call>, StatementError> {
        let FunctionArguments::List(list) = &function.args else {
            return Ok(None);
        };
        // What has no place in the text, such as in PIVOT, is refused by name when the tables are looked for.
        let Ok((range, parts)) = name_tokens(self.text, &function.name) else {
            return Ok(None);
        };
        let Some(open) = self.text.significant(range.end) else {
            return Ok(None);
        };
        if self.text.tokens()[open].token != Token::LParen {
            return Ok(None);
        }
        let end = after_closing(self.text, open)?;
        let arguments = arguments(self.text, open, end);
        let plain = |argument: &FunctionArg| matches!(argument, FunctionArg::Unnamed(FunctionArgExpr::Expr(_)));
        let clause = if !list.args.iter().all(plain) || list.args.len() != arguments.len() {
            Some("named arguments or `*`")
        } else if list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
            Some("DISTINCT and other clauses")
        } else if function.over.is_some() {
            Some("OVER")
        } else if function.filter.is_some() || !function.within_group.is_empty() || function.null_treatment.is_some() {
            Some("FILTER and other clauses")
        } else {
            None
        };
        Ok(Some(Call {
            parts,
            range: range.start..end,
            arguments,
            clause,
        }))
    }
}

impl Visitor for Finder<'_> {
    type Break = StatementError;

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<StatementError> {
        if let Expr::Function(function) = expression {
            match self.call(function) {
                Ok(call) => self.calls.extend(call),
                Err(error) => return ControlFlow::Break(error),
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<StatementError> {
        if !std::mem::replace(&mut self.skipped, true) {
            return ControlFlow::Continue(());
        }
        let ranges = projection::columns(self.text, select).unwrap_or_default();
        let unnamed = |item: &SelectItem| matches!(item, SelectItem::UnnamedExpr(_));
        let columns = select.projection.iter().zip(ranges).filter(|(item, _)| unnamed(item));
        self.columns.extend(columns.map(|(_, range)| range));
        ControlFlow::Continue(())
    }
}

/// Checks a body, and finds where its parameters stand.
struct Body<'a> {
    text: &'a Text,
    parameters: &'a [String],
    /// Which parameter, and its token.
    uses: Vec<(usize, usize)>,
}

impl<'a> Body<'a> {
    fn of(text: &'a Text, parameters: &'a [String]) -> Result<Self, StatementError> {
        let mut body = Self {
            text,
            parameters,
            uses: Vec::new(),
        };
        walk(text, Shape::Expression, &mut body)?;
        Ok(body)
    }

    fn name(&mut self, ident: &Ident) -> Result<(), StatementError> {
        let name = part_text(ident);
        let which = self
            .parameters
            .iter()
            .position(|parameter| parameter.eq_ignore_ascii_case(&name));
        if let Some(which) = which {
            let token = self.text.at(ident.span.start);
            let token = token.ok_or_else(|| parse_error(format!("the place of `{name}` in the body is unknown")))?;
            self.uses.push((which, token));
            return Ok(());
        }
        let known =
            super::relations::is_session_word(&name) || UNITS.iter().any(|unit| unit.eq_ignore_ascii_case(&name));
        if known && ident.quote_style.is_none() {
            return Ok(());
        }
        Err(StatementError::new(
            "UNRESOLVED_COLUMN",
            "42703",
            format!("`{name}` in the body of the function is none of its parameters"),
        ))
    }

    fn expression(&mut self, expression: &Expr) -> Result<(), StatementError> {
        let refused = match expression {
            Expr::Identifier(ident) => return self.name(ident),
            Expr::CompoundIdentifier(idents) => {
                return idents.first().map_or(Ok(()), |first| self.name(first));
            }
            Expr::Lambda(_) => "lambdas",
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => "queries",
            Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => "`*`",
            Expr::Function(function) if function.over.is_some() => "windows",
            Expr::Function(function) if has_star(function) => "`*`",
            _ => return Ok(()),
        };
        Err(unsupported(
            &format!("{refused} in the body of a function"),
            "write one expression over its parameters",
        ))
    }
}

/// Whether an argument stands for all columns of whoever calls.
fn has_star(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else {
        return false;
    };
    list.args.iter().any(|argument| {
        let (FunctionArg::Unnamed(value)
        | FunctionArg::Named { arg: value, .. }
        | FunctionArg::ExprNamed { arg: value, .. }) = argument;
        !matches!(value, FunctionArgExpr::Expr(_))
    })
}

impl Visitor for Body<'_> {
    type Break = StatementError;

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<StatementError> {
        match self.expression(expression) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }

    fn pre_visit_query(&mut self, _query: &Query) -> ControlFlow<StatementError> {
        ControlFlow::Break(unsupported(
            "queries in the body of a function",
            "write one expression over its parameters",
        ))
    }
}
