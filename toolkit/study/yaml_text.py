"""YAML with every scalar as the text that was written, and the line of every key.

``No`` stays ``No`` and ``007`` stays ``007``: the study's model decides what is a number. Duplicate keys,
aliases and tags are refused with their line.
"""

from __future__ import annotations

from typing import TypeAlias

import yaml

from toolkit.core.errors import InputError, ProblemLog

Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"
Lines: TypeAlias = "dict[tuple[str | int, ...], int]"

# PyYAML's time grows with the square of the depth; a study needs five levels.
MAX_DEPTH = 20


def parse_yaml(text: str, *, name: str) -> tuple[Tree, Lines]:
    """Return the content of a YAML document as text, lists and mappings, and the line of every entry.

    Parameters
    ----------
    text : str
        The document.
    name : str
        File name for messages.

    Raises
    ------
    InputError
        The document is not YAML, is nested too deeply, or has a duplicate key, an alias or a tag.

    Examples
    --------
    >>> parse_yaml("host: No", name="study.yaml")
    ({'host': 'No'}, {(): 1, ('host',): 1})
    """
    log = ProblemLog()
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else None
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                log.add("entries stand too deep inside each other", file=name, row=line, mend="close the brackets")
                break
            if isinstance(event, yaml.AliasEvent):
                log.add("an alias (*name) is not accepted", file=name, row=line, mend="write the value out")
            elif isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None):
                log.add("a tag (!name) is not accepted", file=name, row=line, mend="remove the tag")
        log.raise_as(InputError)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        row = error.problem_mark.line + 1 if error.problem_mark else None
        at = text.splitlines()[row - 1] if row and row <= len(text.splitlines()) else ""
        if "\t" in at[: len(at) - len(at.lstrip())]:
            log.add("the line begins with a tab", file=name, row=row, mend="indent with spaces")
        else:
            log.add(
                f"this is not YAML: {error.problem}",
                file=name,
                row=row,
                mend="look at indentation, colons, quotes",
            )
        log.raise_as(InputError)
    except yaml.YAMLError:
        log.add("this is not YAML", file=name, mend="save the file as plain UTF-8 text")
        log.raise_as(InputError)
    lines: Lines = {}
    tree = {} if node is None else _build(node, (), lines, log, name)
    log.raise_as(InputError)
    return tree, lines


def _build(node: yaml.Node, path: tuple[str | int, ...], lines: Lines, log: ProblemLog, name: str) -> Tree:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, (*path, index), lines, log, name) for index, child in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return str(node.value)
    mapping: dict[str, Tree] = {}
    for key_node, value_node in node.value:
        row = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            log.add("a key must be a word", file=name, row=row, mend="write the key as plain text")
            continue
        key = str(key_node.value)
        if not key.strip():
            log.add("a key is empty", file=name, row=row, mend="write a word before the colon")
            continue
        if key in mapping:
            log.add("the key occurs twice", file=name, row=row, column=key, mend="keep one of them")
            continue
        lines[(*path, key)] = row
        mapping[key] = _build(value_node, (*path, key), lines, log, name)
    return mapping
