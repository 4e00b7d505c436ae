"""Reads and rewrites Spark Connect plans, so that nothing reaches the engine that the workspace did not decide about.

`inspect` walks a message by reflection. What it knows and what touches no data passes; tables, SQL texts and paths become questions to the
workspace, each with a function that writes the answer back into the plan; everything else is refused by name, so that a kind of
plan that a later client invents is refused until somebody has thought about it. The engine's own catalog is empty: a name that
slipped through would be unknown there.
"""

import datetime

from pyspark.sql.connect.proto import base_pb2, commands_pb2, expressions_pb2, relations_pb2

# Relations that compute from their inputs alone.
_PASSING = set(
    """project filter join set_op sort limit aggregate local_relation sample offset deduplicate range subquery_alias repartition
    to_df with_columns_renamed show_string drop tail with_columns hint unpivot to_schema repartition_by_expression collect_metrics parse
    html_string cached_local_relation chunked_cached_local_relation as_of_join with_relations transpose lateral_join fill_na drop_na replace
    summary crosstab describe cov corr approx_quantile freq_items sample_by""".split()
)
# Expressions that compute from their inputs alone.
_EXPRESSIONS = set(
    """literal unresolved_attribute unresolved_star alias cast unresolved_regex sort_order lambda_function
    window unresolved_extract_value update_fields unresolved_named_lambda_variable named_argument_expression
    subquery_expression""".split()
)
_TABLE_FUNCTIONS = set(
    "range explode explode_outer posexplode posexplode_outer inline inline_outer stack json_tuple".split()
)
# Functions that read files, run code of the caller or tell what the caller may not know.
REFUSED_FUNCTIONS = set(
    """java_method reflect try_reflect input_file_name input_file_block_start input_file_block_length read_files
    from_avro to_avro from_protobuf to_protobuf""".split()
)
# Delta is not among them: the log of a table that a task wrote itself may name any file, which the engine would then read for it.
_FILE_FORMATS = {"parquet", "csv", "json", "text"}
_PYTHON = "it would run Python code of the task inside the engine: collect the rows, or use SQL functions"
REASONS = {
    "map_partitions": _PYTHON,
    "group_map": _PYTHON,
    "co_group_map": _PYTHON,
    "apply_in_pandas_with_state": _PYTHON,
    "common_inline_user_defined_table_function": _PYTHON,
    "common_inline_user_defined_data_source": _PYTHON,
    "common_inline_user_defined_function": _PYTHON,
    "register_function": _PYTHON,
    "register_table_function": _PYTHON,
    "register_data_source": _PYTHON,
    "merge_into_table_command": "use the SQL statement `MERGE INTO`",
    "write_stream_operation_start": "the engine does not write streams to Delta tables",
}


class Unsupported(Exception):
    """Something that the local workspace does not do."""

    def __init__(self, what, reason=None):
        super().__init__(f"the local workspace does not support {what}" + (f": {reason}" if reason else ""))


class Question:
    """One thing that the workspace has to decide about, and what to do with its answer."""

    def __init__(self, item, apply):
        self.item = item
        self.apply = apply


def inspect(message):
    """All questions that a message raises; raises `Unsupported` for what may not pass."""
    questions = []
    _walk(message, questions)
    return questions


def _walk(message, questions):
    if isinstance(message, relations_pb2.Relation):
        _relation(message, questions)
    elif isinstance(message, expressions_pb2.Expression):
        _expression(message, questions)
    elif isinstance(message, base_pb2.Plan) and message.WhichOneof("op_type") == "compressed_operation":
        raise Unsupported("compressed plans", "set `spark.connect.session.planCompression.threshold` to -1")
    elif message.DESCRIPTOR.full_name == "google.protobuf.Any":
        raise Unsupported(f"the extension `{message.type_url}`")
    else:
        _children(message, questions)


def _children(message, questions):
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].message_type is not None:
                for key in value:
                    _walk(value[key], questions)
        elif field.is_repeated:
            for entry in value:
                _walk(entry, questions)
        else:
            _walk(value, questions)


def _relation(relation, questions):
    kind = relation.WhichOneof("rel_type")
    if kind in _PASSING:
        _children(relation, questions)
    elif kind == "read":
        _read(relation, questions)
    elif kind == "sql":
        item = {"kind": "sql", "text": relation.sql.query, "arguments": sql_arguments(relation.sql)}
        questions.append(Question(item, _set_query(relation.sql)))
    elif kind == "unresolved_table_valued_function":
        name = relation.unresolved_table_valued_function.function_name
        if name.lower() not in _TABLE_FUNCTIONS:
            raise Unsupported(f"the table function `{name}`")
        _children(relation, questions)
    elif kind == "catalog":
        call = relation.catalog.WhichOneof("cat_type")
        arguments = {field.name: value for field, value in getattr(relation.catalog, call).ListFields() if field.message_type is None}
        arguments = {key: value for key, value in arguments.items() if isinstance(value, (str, bool, int))}
        questions.append(Question({"kind": "catalog", "call": call, "arguments": arguments}, _set_rows(relation)))
    else:
        raise Unsupported(f"the relation `{kind}`", REASONS.get(kind))


def _read(relation, questions):
    read = relation.read
    if read.is_streaming:
        raise Unsupported("streaming reads")
    kind = read.WhichOneof("read_type")
    if kind == "named_table":
        item = {"kind": "read_table", "name": read.named_table.unparsed_identifier, "options": dict(read.named_table.options)}
        questions.append(Question(item, _set_table(relation)))
        return
    if kind != "data_source":
        raise Unsupported(f"the read `{kind}`")
    source = read.data_source
    if source.predicates or source.source_name:
        raise Unsupported("reads with predicates or a named source")
    # Without a format Spark reads Delta on Databricks.
    source.format = file_format(source.format or "delta")
    for name in [name for name in source.options if name.lower() in ("path", "paths")]:
        if name.lower() == "paths":
            raise Unsupported("the reader option `paths`", "give the paths to `load`")
        source.paths.append(source.options.pop(name))
    if not source.paths:
        raise Unsupported("a read without a path")
    for index, path in enumerate(source.paths):
        questions.append(Question({"kind": "path", "path": path, "write": False}, _set_path(source.paths, index)))


def file_format(name):
    """The name of a file format in lower case; refuses what is none."""
    if name.lower() == "delta":
        raise Unsupported("Delta tables by their path", "use tables of the catalog by their names")
    if name.lower() not in _FILE_FORMATS:
        raise Unsupported(f"the data source `{name}`", f"expected one of {', '.join(sorted(_FILE_FORMATS))}")
    return name.lower()


def _expression(expression, questions):
    kind = expression.WhichOneof("expr_type")
    if kind in ("unresolved_function", "call_function"):
        function = getattr(expression, kind)
        name = function.function_name.lower().strip("`")
        if name in REFUSED_FUNCTIONS or getattr(function, "is_user_defined_function", False):
            raise Unsupported(f"the function `{function.function_name}`")
        if name in ("current_user", "user", "session_user"):
            questions.append(Question({"kind": "current_user"}, _set_literal(expression)))
            return
        if name in ("current_catalog", "current_database", "current_schema"):
            questions.append(Question({"kind": name}, _set_literal(expression)))
            return
    elif kind == "expression_string":
        text = expression.expression_string.expression
        questions.append(Question({"kind": "expression", "text": text}, _set_expression(expression.expression_string)))
        return
    elif kind is not None and kind not in _EXPRESSIONS:
        raise Unsupported(f"the expression `{kind}`", REASONS.get(kind))
    _children(expression, questions)


def sql_arguments(sql):
    """The values of `:name` in a text as `{type, text}`: the workspace fills them in, before it reads the text."""
    if sql.pos_args or sql.pos_arguments:
        raise Unsupported("positional arguments of `spark.sql`", "use named arguments: `:name`")
    given = {key: expressions_pb2.Expression(literal=value) for key, value in sql.args.items()}
    given |= dict(sql.named_arguments)
    return {key: _argument(key, value) for key, value in given.items()}


_NUMBERS = {"byte": "TINYINT", "short": "SMALLINT", "integer": "INT", "long": "BIGINT", "float": "FLOAT", "double": "DOUBLE"}
_EPOCH = datetime.datetime(1970, 1, 1)


def _argument(name, expression):
    if expression.WhichOneof("expr_type") != "literal":
        raise Unsupported(f"the argument `{name}` of `spark.sql`, which is no literal")
    literal = expression.literal
    kind = literal.WhichOneof("literal_type")
    value = getattr(literal, kind)
    if kind in _NUMBERS:
        return {"type": _NUMBERS[kind], "text": str(value)}
    if kind == "string":
        return {"type": "STRING", "text": value}
    if kind == "boolean":
        return {"type": "BOOLEAN", "text": "true" if value else "false"}
    if kind == "null":
        return {"type": "VOID", "text": None}
    if kind == "decimal":
        return {"type": f"DECIMAL({value.precision or 38},{value.scale})", "text": value.value}
    if kind == "date":
        return {"type": "DATE", "text": (_EPOCH + datetime.timedelta(days=value)).date().isoformat()}
    if kind in ("timestamp", "timestamp_ntz"):
        zone = "Z" if kind == "timestamp" else ""
        return {"type": kind.upper(), "text": (_EPOCH + datetime.timedelta(microseconds=value)).isoformat() + zone}
    raise Unsupported(f"the argument `{name}` of `spark.sql` with the type `{kind}`", "use a string and `CAST`")


def _set_query(sql):
    def apply(answer):
        sql.Clear()
        sql.query = answer["sql"]

    return apply


def _set_expression(target):
    def apply(answer):
        target.expression = answer["sql"]

    return apply


def _set_path(paths, index):
    def apply(answer):
        paths[index] = answer["path"]

    return apply


def _set_literal(expression):
    def apply(answer):
        expression.Clear()
        expression.literal.string = answer["text"]

    return apply


def _set_rows(relation):
    def apply(answer):
        data = local_relation(answer["columns"], answer["rows"])
        common = relations_pb2.RelationCommon()
        common.CopyFrom(relation.common)
        relation.Clear()
        relation.common.CopyFrom(common)
        relation.local_relation.CopyFrom(data)

    return apply


def _set_table(relation):
    """Replaces a table by the query that the workspace answered, under the table's name so that qualified columns resolve."""

    def apply(answer):
        if "sql" not in answer:
            return
        relation.read.Clear()
        relation.ClearField("read")
        alias = relation.subquery_alias
        alias.alias = answer["alias"]
        alias.qualifier.extend(answer["qualifier"])
        alias.input.sql.query = answer["sql"]

    return apply


def local_relation(columns, rows):
    """Rows of the workspace as a relation; a column is `{name, type}` with type `string`, `strings`, `boolean` or `bigint`."""
    import pyarrow

    types = {"string": pyarrow.string(), "strings": pyarrow.list_(pyarrow.string()), "boolean": pyarrow.bool_(), "bigint": pyarrow.int64()}
    fields = [pyarrow.field(column["name"], types[column["type"]]) for column in columns]
    arrays = [pyarrow.array([row[index] for row in rows], field.type) for index, field in enumerate(fields)]
    schema = pyarrow.schema(fields)
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pyarrow.RecordBatch.from_arrays(arrays, schema=schema))
    return relations_pb2.LocalRelation(data=sink.getvalue().to_pybytes())


def replace_filter(overwrite):
    """The condition of a write with `replaceWhere` as an expression."""
    return expressions_pb2.Expression(expression_string=expressions_pb2.Expression.ExpressionString(expression=overwrite))


def _literal(**value):
    return expressions_pb2.Expression(literal=expressions_pb2.Expression.Literal(**value))


def _call(function, *arguments):
    return expressions_pb2.Expression(
        unresolved_function=expressions_pb2.Expression.UnresolvedFunction(function_name=function, arguments=arguments)
    )


def holds(condition):
    """A condition that is never NULL: the engine would delete rows for which it is, as if they were to be replaced."""
    return _call("<=>", condition, _literal(boolean=True))


def only_matching(relation, condition, name):
    """The rows of a relation, failing at one that the condition of an overwrite does not hold for: the engine would write it beside the rows that it replaces."""
    message = f"[DELTA_REPLACE_WHERE_MISMATCH] a row does not match the condition of the overwrite; '{name}' is as it was"
    failure = expressions_pb2.Expression(
        cast=expressions_pb2.Expression.Cast(expr=_call("raise_error", _literal(string=message)), type_str="boolean")
    )
    checked = relations_pb2.Relation()
    checked.filter.input.CopyFrom(relation)
    checked.filter.condition.CopyFrom(_call("when", condition, _literal(boolean=True), failure))
    return checked


def append_or_overwrite(input_relation, binding, overwrite, condition=None):
    """A write of a relation into a bound table, by name of column: the forms that the engine executes correctly."""
    mode = commands_pb2.WriteOperationV2.Mode
    write = commands_pb2.WriteOperationV2(table_name=binding, mode=mode.MODE_OVERWRITE if overwrite else mode.MODE_APPEND)
    write.input.CopyFrom(input_relation)
    if overwrite:
        always = expressions_pb2.Expression(literal=expressions_pb2.Expression.Literal(boolean=True))
        write.overwrite_condition.CopyFrom(condition if condition is not None else always)
    return commands_pb2.Command(write_operation_v2=write)
