#!/usr/bin/env python3
"""Asks the real Python frameworks what the cases' applications serve.

usage: python.py [--write] CASES.md ...      (run with a Python that has the frameworks installed)

A case says above its expectation what to ask: `<!-- truth: main:app -->`, several with commas, a call
`main:create_app()`, `services/a|main:app` to run in a folder, or `django proj.settings`. Without such a comment the
expectation is written by hand and left alone. Prints a diff where the file and the framework disagree; --write puts
the framework's answer into the file, flags that are already there being kept.
"""
import ast
import difflib
import functools
import importlib
import inspect
import os
import subprocess
import sys
import tempfile

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
ROOT = os.getcwd()


def relative(path):
    path = os.path.realpath(path or "/")
    return os.path.relpath(path, ROOT_OF_CASE) if path.startswith(ROOT_OF_CASE + os.sep) else None


def definition(file, name, near, kinds):
    """Line of the `def` or `class` keyword of the definition that starts at or above line `near`."""
    with open(os.path.join(ROOT_OF_CASE, file)) as source:
        tree = ast.parse(source.read())
    best = near
    for node in ast.walk(tree):
        if isinstance(node, kinds):
            first = min([node.lineno] + [d.lineno for d in getattr(node, "decorator_list", [])])
            if first <= near <= node.lineno:
                best = node.lineno
    return best


def place(handler, cls=None, method=None):
    """`file:line symbol` of a handler; of its class where the method is the framework's own; empty outside of the case."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    handler = inspect.unwrap(handler) if callable(handler) else handler
    handler = getattr(handler, "__func__", handler)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    if inspect.isfunction(handler):
        file = relative(handler.__code__.co_filename)
        if file:
            name = handler.__qualname__.split("<locals>.")[-1]
            line = definition(file, name, handler.__code__.co_firstlineno, kinds)
            return f"{file}:{line}" + ("" if "<lambda>" in name else f" {name}")
        if cls is None:
            return ""
    cls = cls or (handler if inspect.isclass(handler) else type(handler))
    for owner in cls.__mro__:
        file = relative(getattr(sys.modules.get(owner.__module__), "__file__", None))
        if file:
            with open(os.path.join(ROOT_OF_CASE, file)) as source:
                tree = ast.parse(source.read())
            lines = [n.lineno for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == owner.__name__]
            line = lines[-1] if lines else 0
            return f"{file}:{line} {owner.__name__}" + (f".{method}" if method else "")
    return ""


def template(path, opening="<", closing=">", typed="before"):
    """`<int:id>` and `{id:int}` become `{id}`."""
    out, depth, inner = [], 0, ""
    for char in path:
        if char == opening:
            depth += 1
            inner = "" if depth == 1 else inner + char
        elif char == closing and depth:
            depth -= 1
            if depth == 0:
                out.append("{" + (inner.split(":")[-1] if typed == "before" else inner.split(":")[0]) + "}")
            else:
                inner += char
        elif depth:
            inner += char
        else:
            out.append(char)
    return "".join(out)


def starlette_routes(routes, prefix=""):
    from starlette import routing

    for route in routes:
        path = prefix + getattr(route, "path", "")
        shown = template(path, "{", "}", "after")
        endpoint = getattr(route, "endpoint", None)
        if getattr(endpoint, "__module__", "").startswith("fastapi.") or getattr(endpoint, "__qualname__", "").startswith("FastAPI."):
            continue
        if isinstance(route, routing.Mount):
            inner = getattr(route, "routes", None)
            if inner:
                yield from starlette_routes(inner, path)
            else:
                yield "ANY", shown + "/{path}", place(route.app), []
        elif isinstance(route, routing.Host):
            yield from starlette_routes(route.routes or [], prefix)
        elif isinstance(route, routing.WebSocketRoute):
            yield "WS", shown, place(endpoint), []
        else:
            flags = ["deprecated"] if getattr(route, "deprecated", None) else []
            methods = set(route.methods or ())
            if inspect.isclass(endpoint) and not methods:
                for verb in VERBS:
                    if hasattr(endpoint, verb.lower()):
                        yield verb, shown, place(getattr(endpoint, verb.lower()), endpoint, verb.lower()), flags
                continue
            if "GET" in methods:
                methods -= {"HEAD"}
            for verb in sorted(methods) or ["ANY"]:
                yield verb, shown, place(endpoint), flags


def flask_routes(app):
    for rule in app.url_map.iter_rules():
        if getattr(rule, "websocket", False):
            yield "WS", template(rule.rule), place(app.view_functions[rule.endpoint]), []
            continue
        view = app.view_functions[rule.endpoint]
        own_pages = rule.endpoint.split(".")[-1] in ("specs", "doc", "root") and not place(view)
        if rule.endpoint.split(".")[-1] == "static" or own_pages:
            continue
        cls = getattr(view, "view_class", None)
        methods = set(rule.methods or ()) - {"OPTIONS"} - ({"HEAD"} if "GET" in (rule.methods or ()) else set())
        for verb in sorted(methods) or ["OPTIONS"]:
            handler = view
            method = None
            if cls and hasattr(cls, verb.lower()):
                handler, method = getattr(cls, verb.lower()), verb.lower()
            elif cls and hasattr(cls, "dispatch_request"):
                handler, method = cls.dispatch_request, "dispatch_request"
            yield verb, template(rule.rule), place(handler, cls or (type(view.__self__) if hasattr(view, "__self__") else None), method), []


def django_routes(patterns, prefix=""):
    from django.urls.resolvers import RegexPattern, LocalePrefixPattern, URLResolver
    import re as regex

    for entry in patterns:
        pattern = entry.pattern
        if isinstance(pattern, RegexPattern):
            text = pattern._regex
            text = regex.sub(r"^\^", "", text)
            text = regex.sub(r"\\([/.\-])", r"\1", text)
            text = regex.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"{\1}", text)
            text = regex.sub(r"(\\Z|\$)$", "", text)
        elif isinstance(pattern, LocalePrefixPattern):
            text = "" if not pattern.prefix_default_language else "{language}/"
        else:
            text = template(pattern._route)
        path = prefix + text
        if isinstance(entry, URLResolver):
            yield from django_routes(entry.url_patterns, path)
            continue
        if "format" not in pattern.converters and "(?P<format>" not in str(getattr(pattern, "_regex", "")):
            yield from (row for row in django_view(entry.callback, "/" + path.lstrip("/")) if row[2])


def django_view(callback, path):
    cls = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    actions = getattr(callback, "actions", None)
    if actions:
        for verb, method in sorted(actions.items()):
            if verb != "head" and verb in cls.http_method_names:
                yield verb.upper(), path, place(getattr(cls, method), cls, method), []
    elif cls:
        for verb in VERBS[:5]:
            if verb.lower() in getattr(cls, "http_method_names", ()) and hasattr(cls, verb.lower()):
                yield verb, path, place(getattr(cls, verb.lower()), cls, verb.lower()), []
    else:
        allowed = closure_methods(callback)
        for verb in allowed or ["ANY"]:
            yield verb, path, place(callback), []


def closure_methods(view):
    """The list that `require_http_methods` closed over, if the view is wrapped by it."""
    while view is not None:
        for name, cell in zip(getattr(getattr(view, "__code__", None), "co_freevars", ()), getattr(view, "__closure__", None) or ()):
            if name == "request_method_list":
                return sorted(m for m in cell.cell_contents if m != "HEAD")
        view = getattr(view, "__wrapped__", None)
    return None


def aiohttp_routes(app):
    from aiohttp import web
    from aiohttp.abc import AbstractView

    for resource in app.router.resources():
        if isinstance(resource, web.PrefixedSubAppResource) if hasattr(web, "PrefixedSubAppResource") else hasattr(resource, "_app"):
            yield from aiohttp_routes(resource._app)
            continue
        if isinstance(resource, web.StaticResource):
            yield "GET", resource.canonical + "/{filename}", "", []
            continue
        path = template(resource.canonical, "{", "}", "after")
        for route in resource:
            handler = route.handler
            if inspect.isclass(handler) and issubclass(handler, AbstractView):
                for verb in VERBS[:6]:
                    if hasattr(handler, verb.lower()):
                        yield verb, path, place(getattr(handler, verb.lower()), handler, verb.lower()), []
                continue
            if route.method == "HEAD":
                continue
            yield {"*": "ANY"}.get(route.method, route.method), path, place(handler), []


def tornado_routes(rules):
    from tornado import routing, web, websocket
    import re as regex

    for rule in rules:
        target = rule.target
        if isinstance(target, (list, tuple)):
            yield from tornado_routes(target)
            continue
        if hasattr(target, "rules"):
            yield from tornado_routes(target.rules)
            continue
        if isinstance(target, web.Application):
            yield from tornado_routes(target.wildcard_router.rules)
            continue
        if not isinstance(rule.matcher, routing.PathMatches):
            continue
        text = rule.matcher.regex.pattern
        text = regex.sub(r"\$$", "", text)
        text = regex.sub(r"\\([/.\-])", r"\1", text)
        text = regex.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"{\1}", text)
        count = iter(range(1, 99))
        text = regex.sub(r"\((?!\?)(?:[^()]|\([^()]*\))*\)", lambda _: "{p%d}" % next(count), text)
        if issubclass(target, websocket.WebSocketHandler):
            yield "WS", text, place(target.open, target, "open"), []
            continue
        for verb in VERBS[:5]:
            method = getattr(target, verb.lower(), None)
            if method is not None and method is not web.RequestHandler._unimplemented_method and method is not getattr(web.RequestHandler, verb.lower()):
                yield verb, text, place(method, target, verb.lower()), []


def sanic_routes(app):
    from sanic.views import HTTPMethodView

    app.finalize()
    for route in app.router.routes:
        path = "/" + template(route.path.lstrip("/"), typed="after")
        handler = route.handler
        if isinstance(handler, functools.partial):
            yield "WS", path, place(handler.args[0]), []
            continue
        cls = getattr(handler, "view_class", None)
        for verb in sorted(route.methods):
            if cls and not hasattr(cls, verb.lower()):
                continue
            yield verb, path, place(getattr(cls, verb.lower()), cls, verb.lower()) if cls else place(handler), []


def falcon_routes(app):
    from falcon import inspect as look

    def nodes(found):
        for node in found:
            if node.resource is not None:
                yield node
            yield from nodes(node.children)

    for node in nodes(app._router._roots):
        for verb, handler in node.method_map.items():
            while getattr(handler, "__wrapped__", None):
                handler = handler.__wrapped__
            if place(handler):
                yield verb, template(node.uri_template, "{", "}", "after"), place(handler, type(node.resource)), []


def litestar_routes(app):
    for route in app.routes:
        path = template(route.path, "{", "}", "after")
        if type(route).__name__ == "WebSocketRoute":
            yield "WS", path, place(route.route_handler.fn), []
            continue
        for handler in route.route_handlers:
            for verb in sorted(handler.http_methods) if place(handler.fn) else []:
                yield verb, path, place(handler.fn), []


def bottle_routes(app):
    import re as regex

    for route in app.routes:
        if route.method == "PROXY":
            yield from ((verb, route.config["mountpoint.prefix"] + path, where, flags) for verb, path, where, flags in bottle_routes(route.config["mountpoint.target"]))
            continue
        yield route.method, regex.sub(r"<(\w+)(:[^>]*)?>", r"{\1}", route.rule), place(route.callback), []


def pyramid_routes(app):
    from pyramid.interfaces import IRoutesMapper
    from pyramid.config import Configurator

    config = Configurator(registry=app.registry)
    for view in config.introspector.get_category("views"):
        view = view["introspectable"]
        route = config.registry.queryUtility(IRoutesMapper).get_route(view["route_name"]) if view["route_name"] else None
        if route is None:
            continue
        methods = view["request_methods"] or [m for p in route.predicates for m in getattr(p, "val", ())] or ["ANY"]
        for verb in [methods] if isinstance(methods, str) else methods:
            handler = getattr(view["callable"], view["attr"]) if view["attr"] else view["callable"]
            if verb != "HEAD":
                yield verb, "/" + template(route.pattern, "{", "}", "after").lstrip("/"), place(handler, *([view["callable"]] if view["attr"] else [])), []


def ask(truth):
    """The lines of one entry point."""
    if truth.startswith("django "):
        os.environ["DJANGO_SETTINGS_MODULE"] = truth.split()[1]
        import django
        from django.conf import settings
        from django.urls import get_resolver

        django.setup()
        return django_routes(get_resolver(settings.ROOT_URLCONF).url_patterns)
    module, expression = truth.split(":", 1)
    name, *call = expression.split("(", 1)
    value = functools.reduce(getattr, name.split("."), importlib.import_module(module))
    if call:
        value = value()
        if inspect.isawaitable(value):
            import asyncio
            value = asyncio.run(value)
    kind = {cls.__module__.split(".")[0] + "." + cls.__name__ for cls in type(value).__mro__}
    if "flask.Flask" in kind:
        return flask_routes(value)
    for name, routes in OTHERS.items():
        if name in kind:
            return routes(value)
    if "aiohttp.Application" in kind:
        return aiohttp_routes(value)
    if "tornado.Application" in kind:
        return tornado_routes(value.wildcard_router.rules)
    return starlette_routes(value.routes)


OTHERS = {
    "sanic.Sanic": sanic_routes,
    "falcon.App": falcon_routes,
    "litestar.Litestar": litestar_routes,
    "quart.Quart": flask_routes,
    "bottle.Bottle": bottle_routes,
    "pyramid.Router": pyramid_routes,
}


def answer(lines):
    rows = sorted({(path, (VERBS + ("ANY", "WS")).index(verb), verb, where, " ".join(f"[{f}]" for f in flags)) for verb, path, where, flags in lines})
    width = max([len(row[0]) for row in rows], default=0)
    for path, _, verb, where, flags in rows:
        yield f"{verb:6} {path:{width}}  {where} {flags}".rstrip()


def run_case(case):
    """Asks in a process of its own, the files being laid out in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in case.files.items():
            os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
            with open(os.path.join(folder, name), "w") as out:
                out.write(text)
        lines = []
        for truth in case.truth.split(", "):
            place_, _, entry = truth.rpartition("|")
            cwd = os.path.join(folder, place_)
            done = subprocess.run([sys.executable, os.path.abspath(__file__), "--ask", folder, entry], cwd=cwd, capture_output=True, text=True)
            if done.returncode:
                return None, done.stderr.strip()
            lines += [line for line in done.stdout.splitlines() if line.startswith("= ")]
        return list(answer([(v, p, w, f) for v, p, w, f in (ast.literal_eval(line[2:]) for line in lines)])), None


def main(arguments):
    if arguments[:1] == ["--ask"]:
        sys.path.insert(0, os.getcwd())
        for verb, path, where, flags in ask(arguments[2]):
            print("=", (verb, path, where, flags))
        return 0
    from markdown import cases, rewrite

    write, bad = "--write" in arguments, 0
    for file in [a for a in arguments if not a.startswith("--")]:
        with open(file) as source:
            text = source.read()
        answers = []
        for case in cases(text):
            if not case.truth or case.truth.startswith("by hand"):
                continue
            lines, error = run_case(case)
            if error:
                bad += 1
                print(f"{file}: {case.title}: {error}")
                continue
            kept = {tuple(old.split()[:2]): old[old.index("[") :] for old in case.expected if "[" in old}
            lines = [line + " " + kept[key] if (key := tuple(line.split()[:2])) in kept and "[" not in line else line for line in lines]
            if [" ".join(line.split()) for line in lines] != [" ".join(line.split()) for line in case.expected]:
                bad += 1
                print(*difflib.unified_diff(case.expected, lines, f"{file} {case.title}", "framework", lineterm=""), sep="\n")
            answers.append((case, lines))
        if write:
            with open(file, "w") as out:
                out.write(rewrite(text, answers))
    return 0 if write else min(bad, 1)


if __name__ == "__main__":
    ROOT_OF_CASE = os.path.realpath(sys.argv[2]) if sys.argv[1:2] == ["--ask"] else ""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__))) if sys.argv[1:2] != ["--ask"] else None
    sys.exit(main(sys.argv[1:]))
