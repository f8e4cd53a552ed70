"""Numbers as options: what is none is called so, where click speaks of a range."""

import click


class WholeNumber(click.IntRange):
    """A whole number inside of bounds."""

    name = "integer"


class Number(click.FloatRange):
    """A number inside of bounds."""

    name = "number"
