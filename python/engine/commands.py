"""Commands of tasks: SQL statements, writes of data frames, temporary views.

`run` returns the relation with which the gateway answers, `NOTHING` when the answer has no rows, or None when the (rewritten) command
is to be forwarded to the engine.
"""

from pyspark.sql.connect.proto import base_pb2, commands_pb2, relations_pb2

import plans

NOTHING = object()
_SAVE = commands_pb2.WriteOperation.SaveMode
_MODES = {
    _SAVE.SAVE_MODE_UNSPECIFIED: "error",
    _SAVE.SAVE_MODE_APPEND: "append",
    _SAVE.SAVE_MODE_OVERWRITE: "overwrite",
    _SAVE.SAVE_MODE_ERROR_IF_EXISTS: "error",
    _SAVE.SAVE_MODE_IGNORE: "ignore",
}
_V2 = commands_pb2.WriteOperationV2.Mode
_V2_MODES = {
    _V2.MODE_CREATE: "create",
    _V2.MODE_APPEND: "append",
    _V2.MODE_OVERWRITE: "overwrite_where",
    _V2.MODE_REPLACE: "replace",
    _V2.MODE_CREATE_OR_REPLACE: "create_or_replace",
}
# Options of a table write that the workspace understands; others are refused rather than ignored.
_TABLE_OPTIONS = {"replacewhere", "mergeschema", "overwriteschema", "partitionoverwritemode", "path", "userMetadata".lower()}


def run(gateway, session, request):
    """Decides about the command of a request."""
    command = request.plan.command
    kind = command.WhichOneof("command_type")
    if kind == "sql_command":
        return _sql(gateway, session, request, command.sql_command)
    if kind == "create_dataframe_view":
        return _view(gateway, session, request, command.create_dataframe_view)
    if kind == "write_operation":
        return _write(gateway, session, request, command.write_operation)
    if kind == "write_operation_v2":
        return _write_v2(gateway, session, request, command.write_operation_v2)
    if kind == "remove_cached_remote_relation_command":
        return NOTHING
    raise plans.Unsupported(f"the command `{kind}`", plans.REASONS.get(kind))


def _sql(gateway, session, request, command):
    """A query goes back to the client, who sends it again inside a plan; everything else the workspace executes."""
    relation = relations_pb2.Relation()
    if command.HasField("input"):
        relation.CopyFrom(command.input)
    else:
        relation.sql.query = command.sql
        for key, value in command.named_arguments.items():
            relation.sql.named_arguments[key].CopyFrom(value)
        relation.sql.pos_arguments.extend(command.pos_arguments)
    if relation.WhichOneof("rel_type") == "with_relations":
        raise plans.Unsupported("data frames as arguments of `spark.sql`", "make temporary views of them")
    if relation.WhichOneof("rel_type") != "sql":
        raise plans.Unsupported("a command whose input is no SQL text")
    question = {"kind": "statement", "text": relation.sql.query, "arguments": plans.sql_arguments(relation.sql)}
    answer = gateway.ask(session, request.session_id, question)
    if "query" in answer:
        checked = relations_pb2.Relation()
        checked.CopyFrom(relation)
        _analyse(gateway, session, request, checked)
        return relation
    if "catalog" in answer:
        session.catalog, session.schema = answer["catalog"], answer["schema"]
    if "created_view" in answer:
        session.temporary_views.add(answer["created_view"])
    session.temporary_views.difference_update(answer.get("dropped_views", []))
    return relations_pb2.Relation(local_relation=plans.local_relation(answer["columns"], answer["rows"]))


def _analyse(gateway, session, request, relation):
    """`spark.sql` reports a wrong query at once, so the query is analysed before the client gets it back."""
    analysis = base_pb2.AnalyzePlanRequest(session_id=request.session_id)
    analysis.user_context.user_id = "sluice"
    analysis.schema.plan.root.CopyFrom(relation)
    gateway.decide(session, request.session_id, analysis)
    return gateway.engine.AnalyzePlan(analysis)


def _view(gateway, session, request, command):
    if command.is_global:
        raise plans.Unsupported("global temporary views", "use a view of a schema, or `createOrReplaceTempView`")
    gateway.decide(session, request.session_id, command.input)
    session.temporary_views.add(command.name.strip("`").lower())
    return None


def _write(gateway, session, request, write):
    mode = _MODES[write.mode]
    if write.bucket_by.bucket_column_names or write.sort_column_names or write.clustering_columns:
        raise plans.Unsupported("bucketing, sorting and clustering of a written table")
    if write.HasField("table"):
        by_position = write.table.save_method == commands_pb2.WriteOperation.SaveTable.TABLE_SAVE_METHOD_INSERT_INTO
        options = {key.lower(): value for key, value in write.options.items()}
        if by_position:
            mode = "insert_overwrite" if mode == "overwrite" else "insert"
        target = {"name": write.table.table_name, "mode": mode, "format": write.source, "partitioning": list(write.partitioning_columns)}
        return _table(gateway, session, request, write.input, target, options)
    _dynamic(write.options)
    write.source = plans.file_format(write.source or "delta")
    for name in [name for name in write.options if name.lower() in ("path", "paths")]:
        given = write.options.pop(name)
        if write.path and write.path != given:
            raise plans.Unsupported("a path and an option `path`", "give the path to `save`")
        write.path = given
    gateway.decide(session, request.session_id, write.input)
    item = {"kind": "path", "path": write.path, "write": True}
    answer = gateway.ask(session, request.session_id, {"kind": "plan", "items": [item]})
    write.path = answer["items"][0]["path"]
    return None


def _write_v2(gateway, session, request, write):
    if write.mode not in _V2_MODES:
        raise plans.Unsupported("`overwritePartitions`", "use `overwrite` with a condition")
    if write.clustering_columns:
        raise plans.Unsupported("clustering of a written table")
    partitioning = []
    for column in write.partitioning_columns:
        if column.WhichOneof("expr_type") != "unresolved_attribute":
            raise plans.Unsupported("partitioning by an expression")
        partitioning.append(column.unresolved_attribute.unparsed_identifier)
    target = {
        "name": write.table_name,
        "mode": _V2_MODES[write.mode],
        "format": write.provider,
        "partitioning": partitioning,
        "properties": dict(write.table_properties),
    }
    options = {key.lower(): value for key, value in write.options.items()}
    condition = write.overwrite_condition if write.HasField("overwrite_condition") else None
    if condition is not None:
        gateway.decide(session, request.session_id, condition)
    return _table(gateway, session, request, write.input, target, options, condition)


def _dynamic(options):
    for key, value in options.items():
        if key.lower() == "partitionoverwritemode" and value.lower() == "dynamic":
            raise plans.Unsupported(
                "the option `partitionOverwriteMode=dynamic`", "the engine would delete all other rows: use `replaceWhere`"
            )


def _table(gateway, session, request, relation, target, options, condition=None):
    """Asks the workspace to prepare the table, then writes with one of the two forms that the engine executes correctly."""
    _dynamic(options)
    for key in options:
        if key not in _TABLE_OPTIONS:
            raise plans.Unsupported(f"the option `{key}` of a table write")
    if "path" in options:
        raise plans.Unsupported("external tables", "leave out the option `path`")
    original = relations_pb2.Relation()
    original.CopyFrom(relation)
    schema = _analyse(gateway, session, request, original).schema.schema
    target["columns"] = [
        {"name": field.name, "type": type_text(field.data_type), "nullable": field.nullable} for field in schema.struct.fields
    ]
    target["options"] = options
    gateway.decide(session, request.session_id, relation)
    answer = gateway.ask(session, request.session_id, {"kind": "write_table"} | target)
    if answer.get("skip"):
        return NOTHING
    gateway.statements.bind(request.session_id, [answer["binding"]])
    source = _aligned(relation, answer) if answer.get("align") else relation
    if options.get("replacewhere") and answer["overwrite"]:
        text = gateway.ask(
            session, request.session_id, {"kind": "plan", "items": [{"kind": "expression", "text": options["replacewhere"]}]}
        )["items"][0]["sql"]
        condition = plans.replace_filter(text)
    if condition is not None and answer["overwrite"]:
        condition = plans.holds(condition)
        source = plans.only_matching(source, condition, target["name"])
    command = plans.append_or_overwrite(source, answer["binding"]["name"], answer["overwrite"], condition)
    request.plan.command.CopyFrom(command)
    ended = {"name": target["name"], "staging": answer.get("staging")}
    try:
        for _ in gateway.engine.ExecutePlan(request):
            pass
    except Exception:
        if answer.get("created") or answer.get("staging"):
            gateway.ask(session, request.session_id, {"kind": "abandon_table"} | ended)
        raise
    gateway.ask(session, request.session_id, {"kind": "wrote_table"} | ended)
    return NOTHING


def _aligned(relation, answer):
    """`insertInto` goes by position, the engine by name: gives the columns the table's names."""
    renamed = relations_pb2.Relation()
    renamed.to_df.input.CopyFrom(relation)
    renamed.to_df.column_names.extend(answer["align"])
    return renamed


def type_text(data_type):
    """A type of the protocol as SQL writes it."""
    from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type

    return proto_schema_to_pyspark_data_type(data_type).simpleString()
