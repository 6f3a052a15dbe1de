"""`jackfield serve`: the core as an HTTP service, and the tokens that it believes."""

from __future__ import annotations

import sys
from typing import Final

import click

from jackfield.entrypoints.cli.options import Number, Options, common, pass_options

_SERVERS: Final = ("granian", "waitress")  # `choosing.NAMES`, which is not loaded for the help
_SCOPES: Final = ("read", "write", "admin")
_MOST_THREADS: Final = 1_024


@click.group(
    invoke_without_command=True,
    short_help="Serve the core over HTTP.",
    epilog="Example: jackfield serve --port 8080",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=Number(0, 65535), default=8080, show_default=True, help="0 for any free.")
@click.option(
    "--threads",
    type=Number(1, _MOST_THREADS),
    default=256,
    show_default=True,
    help="The most threads; there are as many as are needed.",
)
@click.option(
    "--concurrency",
    type=Number(1, _MOST_THREADS),
    default=64,
    show_default=True,
    help="The most requests at work; the next is refused with 503.",
)
@click.option(
    "--server", type=click.Choice(_SERVERS), help="What speaks HTTP.  [default: the first there is]"
)
@common
@pass_options
@click.pass_context
def serve(
    context: click.Context,
    options: Options,
    *,
    host: str,
    port: int,
    threads: int,
    concurrency: int,
    server: str | None,
) -> int | None:
    """Serve the core until interrupted: /docs shows what there is.

    On a loopback address no token is needed unless the settings say so; any other address needs one. A line
    of JSON for each request goes to standard error. SIGTERM ends it: what was accepted is finished.
    """
    if context.invoked_subcommand is not None:
        return None
    from jackfield.entrypoints.service.running import Wanted, serve
    from jackfield.entrypoints.settings import resolve

    wanted = Wanted(host=host, port=port, threads=threads, concurrency=concurrency, server=server)
    with options.logs():
        whole = serve(resolve(options.target), wanted, told=lambda url: _say(options, url))
    return 0 if whole else 5


def _say(options: Options, url: str) -> None:
    if options.json:
        from jackfield.entrypoints.cli.output import show_json

        show_json({"url": url})
    else:
        click.echo(f"serving at {url} (Ctrl-C ends it)")
    sys.stdout.flush()


@serve.command(epilog="Example: jackfield serve token --name ci --scope write")
@click.option("--name", metavar="NAME", required=True, help="Who uses it; it stands in the audit log.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(_SCOPES),
    multiple=True,
    default=("read",),
    show_default=True,
    help="What it is good for; each holds those before it.",
)
@common
@pass_options
def token(options: Options, name: str, scopes: tuple[str, ...]) -> None:
    """Make a bearer token, and show it this once; the settings keep its hash.

    It is written nowhere: put the table that is shown into jackfield.toml, and the token where it is used.
    """
    from jackfield.entrypoints.service.tokens import new_token
    from jackfield.entrypoints.settings.service import ServiceRules, service_rules
    from jackfield.entrypoints.settings.values import ServiceTable

    made, hashed = new_token()
    table = {"name": name, "scopes": list(scopes), "hash": hashed}
    rules: ServiceRules = service_rules(ServiceTable(table={"tokens": [table]}, source="--name"))
    if options.json:
        from jackfield.entrypoints.cli.output import show_json

        show_json({"token": made, **table})
        return
    listed = ", ".join(f'"{scope.value}"' for scope in rules.tokens[0].scopes)
    click.echo(f'{made}\n\n[[service.tokens]]\nname = "{name}"\nscopes = [{listed}]\nhash = "{hashed}"')
