"""``parley token``: who may talk with a server beyond its own machine."""

from __future__ import annotations

from typing import Annotated

import typer

CREATE = """Examples:

  parley token create --user ada

  parley token create --user kiosk --expires 12h

  ssh server parley token create --user ada | pbcopy
"""
RESET = """Examples:

  parley token reset
"""

app = typer.Typer(no_args_is_help=True)


@app.callback()
def token() -> None:
    """Tokens for parley serve, by which a server that other machines can reach knows its users.

    They are signed with a secret in your data folder, or with the one in the variable PARLEY_SECRET.
    """


@app.command(epilog=CREATE)
def create(
    user: Annotated[str, typer.Option(metavar="NAME", help="The user whom the token stands for.")],
    expires: Annotated[
        str, typer.Option(metavar="TIME", help="How long it is valid: 90s, 45m, 12h, 30d or 4w.")
    ] = "30d",
) -> None:
    """Print a token, and nothing else.

    It makes its bearer that user, so give it to that user alone.
    """
    from pipeline.runners.serve.settings import WrongSetting, read_duration
    from pipeline.runners.serve.tokens import BadName, issue, secret_of_this_user

    try:
        seconds = read_duration(expires)
    except WrongSetting as error:
        raise typer.BadParameter(str(error), param_hint="--expires") from error
    try:
        typer.echo(issue(secret_of_this_user().make(), user, seconds))
    except BadName as error:
        raise typer.BadParameter(str(error), param_hint="--user") from error


@app.command(epilog=RESET)
def reset() -> None:
    """Make a new secret, which ends the validity of all tokens that were made before.

    Open sessions go on. A server need not be restarted.
    """
    from pipeline.runners.serve.tokens import secret_of_this_user

    secret_of_this_user().renew()
    typer.echo("parley: all earlier tokens are now invalid; make new ones: parley token create --user NAME")
