"""The only door of tasks to the engine: a Spark Connect server that checks every call and forwards what the workspace allows.

A call carries the token of its task (`authorization: Bearer ...`); a session belongs to the token that used it first. Plans are read in
`plans.py`, commands in `commands.py`; the workspace decides over `channel.py`. A method that is not listed here does not exist.
"""

import concurrent.futures
import json
import threading
import traceback

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from pyspark.sql.connect.proto import base_pb2, base_pb2_grpc

import commands
import plans
from channel import Refused

_SERVICE = "spark.connect.SparkConnectService"
_LARGEST = 128 * 1024 * 1024
_OPTIONS = [("grpc.max_receive_message_length", _LARGEST), ("grpc.max_send_message_length", _LARGEST)]
_REFUSED_SETTINGS = {
    "spark.sql.sources.partitionoverwritemode": "the engine would delete all other rows: use `replaceWhere`",
}


class Session:
    """What the gateway remembers of a task's session: whose it is, its defaults and its temporary views."""

    def __init__(self, token, defaults):
        self.token = token
        self.catalog = defaults["catalog"]
        self.schema = defaults["schema"]
        self.temporary_views = set()
        # Directories of tables that appeared in plans, and the names to show instead of them in errors.
        self.names = {}
        self.answered = set()

    def state(self, session_id):
        """What the workspace needs to know to decide."""
        views = sorted(self.temporary_views)
        return {"session_id": session_id, "catalog": self.catalog, "schema": self.schema, "temporary_views": views}


class Gateway:
    """The server of tasks."""

    def __init__(self, channel, address, statements):
        self._channel = channel
        self.statements = statements
        self.engine = base_pb2_grpc.SparkConnectServiceStub(grpc.insecure_channel(address, options=_OPTIONS))
        self._sessions = {}
        self._lock = threading.Lock()

    def start(self):
        """Starts to listen and returns the port."""
        pool = concurrent.futures.ThreadPoolExecutor(max_workers=32)
        server = grpc.server(pool, options=[*_OPTIONS, ("grpc.so_reuseport", 0)])
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, self._handlers()),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self._server = server
        return port

    def _handlers(self):
        one, many = grpc.unary_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler
        made = {
            "ExecutePlan": many(self._streaming(self._execute), base_pb2.ExecutePlanRequest.FromString, _serialize),
            "AnalyzePlan": one(self._single(self._analyze), base_pb2.AnalyzePlanRequest.FromString, _serialize),
            "Config": one(self._single(self._config), base_pb2.ConfigRequest.FromString, _serialize),
            "ArtifactStatus": one(self._single(self._artifact_status), base_pb2.ArtifactStatusesRequest.FromString, _serialize),
            "Interrupt": one(self._single(self._interrupt), base_pb2.InterruptRequest.FromString, _serialize),
            "ReattachExecute": many(self._streaming(self._reattach), base_pb2.ReattachExecuteRequest.FromString, _serialize),
            "ReleaseExecute": one(self._single(self._release), base_pb2.ReleaseExecuteRequest.FromString, _serialize),
            "ReleaseSession": one(self._single(self._release_session), base_pb2.ReleaseSessionRequest.FromString, _serialize),
            "FetchErrorDetails": one(self._single(self._error_details), base_pb2.FetchErrorDetailsRequest.FromString, _serialize),
            "AddArtifacts": grpc.stream_unary_rpc_method_handler(
                self._add_artifacts, base_pb2.AddArtifactsRequest.FromString, _serialize
            ),
        }
        return made

    # How a call enters: token, session, and errors in Spark's form.

    def _enter(self, request, context):
        """The session of a call; refuses a call without token and a session of somebody else."""
        # The engine may know fields that `plans.py` cannot read.
        request.DiscardUnknownFields()
        token = bearer(context)
        # Asked with every call, because a token ends with its task: the workspace also tells with which defaults sessions begin.
        defaults = self._channel.ask({"kind": "open_session"}, token)
        with self._lock:
            session = self._sessions.setdefault(request.session_id, Session(token, defaults))
        if session.token != token:
            raise Refused(_error("PERMISSION_DENIED", "this session belongs to another task", "42501"))
        return session

    def _single(self, method):
        def handle(request, context):
            with _translated(context) as translated:
                request.user_context.user_id = "sluice"
                session = self._enter(request, context)
                translated.names = session.names
                return method(session, request)

        return handle

    def _streaming(self, method):
        def handle(request, context):
            with _translated(context) as translated:
                request.user_context.user_id = "sluice"
                session = self._enter(request, context)
                translated.names = session.names
                yield from method(session, request)

        return handle

    # Deciding about a message.

    def decide(self, session, session_id, message):
        """Asks the workspace about everything that a message touches, and writes the answers into it."""
        questions = plans.inspect(message)
        if not questions:
            return
        request = {"kind": "plan", "session": session.state(session_id), "items": [question.item for question in questions]}
        answers = self._channel.ask(request, session.token)["items"]
        for question, answer in zip(questions, answers, strict=True):
            self._follow(session, question, answer)

    def _follow(self, session, question, answer):
        if "catalog" in answer:
            session.catalog = answer["catalog"]
        if "schema" in answer:
            session.schema = answer["schema"]
        session.temporary_views.difference_update(answer.get("dropped_views", []))
        session.names.update(answer.get("tables", {}))
        question.apply(answer)

    def ask(self, session, session_id, request):
        """Asks the workspace one question in the name of a session."""
        return self._channel.ask(request | {"session": session.state(session_id)}, session.token)

    # The methods.

    def _execute(self, session, request):
        request.ClearField("request_options")
        if request.plan.WhichOneof("op_type") == "command":
            answer = commands.run(self, session, request)
            if answer is not None:
                yield from _answered(session, request, answer)
                return
        else:
            self.decide(session, request.session_id, request.plan)
        yield from self.engine.ExecutePlan(request)
        if not request.operation_id:
            return
        # The request was sent without reattaching, so the client gets its completion here and the release below is ours too.
        session.answered.add(request.operation_id)
        yield _complete(request)

    def _analyze(self, session, request):
        if request.WhichOneof("analyze") in ("persist", "unpersist"):
            # Caching is a hint; the engine has none of it and results are the same without.
            kind = request.WhichOneof("analyze")
            response = base_pb2.AnalyzePlanResponse(session_id=request.session_id, server_side_session_id=request.session_id)
            getattr(response, kind).SetInParent()
            return response
        if request.WhichOneof("analyze") == "input_files":
            raise plans.Unsupported("`inputFiles`", "the files of tables are not offered to tasks")
        self.decide(session, request.session_id, request)
        return self.engine.AnalyzePlan(request)

    def _config(self, session, request):
        if request.operation.WhichOneof("op_type") == "set":
            for pair in request.operation.set.pairs:
                if pair.key.lower() in _REFUSED_SETTINGS and pair.value.lower() != "static":
                    raise plans.Unsupported(f"the setting `{pair.key}={pair.value}`", _REFUSED_SETTINGS[pair.key.lower()])
        return self.engine.Config(request)

    def _artifact_status(self, session, request):
        return self.engine.ArtifactStatus(request)

    def _interrupt(self, session, request):
        return self.engine.Interrupt(request)

    def _reattach(self, session, request):
        raise plans.Unsupported("reattaching to an operation")

    def _release(self, session, request):
        session.answered.discard(request.operation_id)
        return base_pb2.ReleaseExecuteResponse(
            session_id=request.session_id, server_side_session_id=request.session_id, operation_id=request.operation_id
        )

    def _release_session(self, session, request):
        with self._lock:
            self._sessions.pop(request.session_id, None)
        return self.engine.ReleaseSession(request)

    def _error_details(self, session, request):
        return base_pb2.FetchErrorDetailsResponse(session_id=request.session_id, server_side_session_id=request.session_id)

    def _add_artifacts(self, requests, context):
        """Only local relations that are too large for a plan; code of the task never enters the engine."""
        with _translated(context):
            checked = []
            for request in requests:
                request.user_context.user_id = "sluice"
                self._enter(request, context)
                for name in _artifact_names(request):
                    if not name.startswith("cache/"):
                        raise plans.Unsupported(f"the artifact `{name}`", "tasks keep their code to themselves")
                checked.append(request)
            return self.engine.AddArtifacts(iter(checked))


def bearer(context):
    """The token of a call."""
    for key, value in context.invocation_metadata():
        if key == "authorization" and value.startswith("Bearer "):
            return value[len("Bearer "):]
    raise Refused(_error("UNAUTHENTICATED", "the call carries no token: use the session that the task runner prepared", "28000"))


def _artifact_names(request):
    kind = request.WhichOneof("payload")
    if kind == "batch":
        return [artifact.name for artifact in request.batch.artifacts]
    return [request.begin_chunk.name] if kind == "begin_chunk" else []


def _answered(session, request, relation):
    """The responses of a command that the workspace has executed."""
    session.answered.add(request.operation_id)
    response = _response(request)
    if relation is not commands.NOTHING:
        response.sql_command_result.relation.CopyFrom(relation)
        yield response
    yield _complete(request)


def _response(request):
    return base_pb2.ExecutePlanResponse(
        session_id=request.session_id, server_side_session_id=request.session_id, operation_id=request.operation_id
    )


def _complete(request):
    response = _response(request)
    response.result_complete.SetInParent()
    return response


def _serialize(message):
    return message.SerializeToString()


class _translated:
    """Ends a call with an error that Spark clients turn into their own exceptions."""

    def __init__(self, context):
        self._context = context
        self.names = {}

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is None or isinstance(error, GeneratorExit):
            return False
        if isinstance(error, grpc.RpcError):
            self._forward(error)
        if isinstance(error, Refused):
            _abort(self._context, grpc.StatusCode.INTERNAL, error.error)
        if isinstance(error, plans.Unsupported):
            _abort(self._context, grpc.StatusCode.INTERNAL, _error("UNSUPPORTED_FEATURE", str(error), "0A000"))
        if isinstance(error, Exception) and type(error) is not Exception:
            traceback.print_exception(error)
            _abort(self._context, grpc.StatusCode.INTERNAL, _error("INTERNAL_ERROR", f"{type(error).__name__}: {error}", "XX000"))
        return False


    def _forward(self, error):
        """Passes an error of the engine on, with the names of tables instead of their directories."""
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                status = status_pb2.Status.FromString(value)
                status.message = self._named(status.message)
                self._context.set_trailing_metadata(((key, status.SerializeToString()),))
        self._context.abort(error.code(), self._named(error.details() or ""))

    def _named(self, text):
        for location, name in self.names.items():
            for mention in (f"`delta`.`{location}`", f"delta.`{location}`", location):
                text = text.replace(mention, name)
        return text


def _error(condition, message, state):
    return {"class": "AnalysisException", "condition": condition, "message": message, "sql_state": state}


_CLASSES = {
    "PERMISSION_DENIED": "org.apache.spark.SparkSecurityException",
    "UNAUTHENTICATED": "org.apache.spark.SparkSecurityException",
    "UNSUPPORTED_FEATURE": "org.apache.spark.SparkUnsupportedOperationException",
    "PARSE_SYNTAX_ERROR": "org.apache.spark.sql.catalyst.parser.ParseException",
}
_PARENTS = {
    "org.apache.spark.SparkUnsupportedOperationException": ["java.lang.UnsupportedOperationException"],
}


def _abort(context, code, error):
    condition = error.get("condition") or "INTERNAL_ERROR"
    name = _CLASSES.get(condition, "org.apache.spark.sql.AnalysisException")
    message = error["message"] if error["message"].startswith("[") else f"[{condition}] {error['message']}"
    detail = error_details_pb2.ErrorInfo(reason=name, domain="org.apache.spark")
    detail.metadata["classes"] = json.dumps([name, *_PARENTS.get(name, [])])
    detail.metadata["errorClass"] = condition
    detail.metadata["sqlState"] = error.get("sql_state") or "XX000"
    packed = any_pb2.Any()
    packed.Pack(detail)
    status = status_pb2.Status(code=code.value[0], message=message, details=[packed])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, message)
