"""Shows what reaches a function, and sets outputs as asked."""

import json
import logging
import threading
import typing

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
_log = logging.getLogger(__name__)
_blocked = threading.Event()


def told(req: func.HttpRequest, **more: object) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "headers": dict(req.headers),
        "params": dict(req.params),
        "route": dict(req.route_params),
        "body": req.get_body().decode("latin-1"),
        **more,
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")


@app.route("seen/{id:int}/{rest?}")
def seen(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    _log.info("a line from the function")
    trace = context.trace_context
    return told(req, trace_parent=trace.trace_parent)


@app.route("files/{*rest}", methods=["GET", "HEAD"])
async def files(req: func.HttpRequest) -> func.HttpResponse:
    _log.info("a line from the coroutine")
    return told(req)


@app.route("echo", methods=["POST"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.get_body(), mimetype="application/octet-stream")


@app.route("locked", auth_level=func.AuthLevel.FUNCTION)
def locked(req: func.HttpRequest) -> func.HttpResponse:
    return told(req)


@app.route("raise")
def raises(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError(f"failing {req.method}")


@app.route("cookie")
def cookie(req: func.HttpRequest) -> func.HttpResponse:
    del req
    response = func.HttpResponse(status_code=201, headers={"X-One": "1"})
    response.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly; SameSite=Lax")
    response.headers.add("Set-Cookie", "b=2")
    return response


@app.route("block")
async def block(req: func.HttpRequest) -> func.HttpResponse:
    del req
    _log.info("blocking")
    _blocked.wait()  # wrong in a coroutine, on purpose: it stops the worker's loop
    return func.HttpResponse("released")


@app.route("out/bytes", methods=["POST"])
@app.queue_output(arg_name="out", queue_name="%OUT%", connection="Storage")
def out_bytes(req: func.HttpRequest, out: func.Out[bytes]) -> func.HttpResponse:
    out.set(req.get_body())
    return func.HttpResponse(status_code=202)


@app.route("out/text", methods=["POST"])
@app.queue_output(arg_name="out", queue_name="%OUT%", connection="Storage")
def out_text(req: func.HttpRequest, out: func.Out[str]) -> func.HttpResponse:
    out.set(req.get_body().decode())
    return func.HttpResponse(status_code=202)


@app.route("out/list", methods=["POST"])
@app.queue_output(arg_name="out", queue_name="%OUT%", connection="Storage")
def out_list(req: func.HttpRequest, out: func.Out[typing.List[str]]) -> func.HttpResponse:  # noqa: UP006 - list[str] does not load
    out.set(req.get_json())
    return func.HttpResponse(status_code=202)


@app.route("out/two", methods=["POST"])
@app.queue_output(arg_name="out", queue_name="%OUT%", connection="Storage")
@app.queue_output(arg_name="other", queue_name="%OUT%-other", connection="Storage")
def out_two(
    req: func.HttpRequest, out: func.Out[bytes], other: func.Out[bytes]
) -> func.HttpResponse:
    out.set(req.get_body())
    other.set(bytes(50_000))  # more than a message holds
    return func.HttpResponse(status_code=202)


@app.route("out/unset")
@app.queue_output(arg_name="out", queue_name="%OUT%", connection="Storage")
def out_unset(req: func.HttpRequest, out: func.Out[bytes]) -> func.HttpResponse:
    del req, out
    return func.HttpResponse(status_code=202)
