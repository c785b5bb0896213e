"""Which images a Dockerfile builds upon."""

import pytest

from dev.cluster.dockerfile import base_images, image_arguments


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        pytest.param("FROM busybox\nRUN true\n", {}, ["busybox"], id="one stage"),
        pytest.param("FROM scratch\n", {}, [], id="scratch is no image"),
        pytest.param("from --platform=linux/amd64 a:1 as B\n", {}, ["a:1"], id="flags and case"),
        pytest.param(
            "FROM a AS build\nFROM b\nCOPY --from=build /x /x\nCOPY --from=0 /y /y\n",
            {},
            ["a", "b"],
            id="stages by name and number",
        ),
        pytest.param("FROM a AS one\nFROM one\n", {}, ["a"], id="a stage upon a stage"),
        pytest.param(
            "FROM a\nCOPY --chown=1 --from=c:2 /x /\n", {}, ["a", "c:2"], id="copied from"
        ),
        pytest.param("# FROM a\n\nFROM \\\n  b\n", {}, ["b"], id="comments and long lines"),
        pytest.param("ARG V=3.11\nFROM python:${V}-slim\n", {}, ["python:3.11-slim"], id="default"),
        pytest.param("ARG V=1\nFROM a:$V\n", {"V": "2"}, ["a:2"], id="given on the command line"),
        pytest.param("ARG A=a:1\nARG B=${A}\nFROM $B\n", {"A": "b"}, ["b"], id="one from another"),
        pytest.param("FROM a:${V:-9}\n", {}, ["a:9"], id="default in place"),
        pytest.param('ARG B="a:1"\nFROM $B\nFROM $B\n', {}, ["a:1"], id="quoted, named once"),
    ],
)
def test_base_images(text, arguments, expected):
    """The images that have to be there before the build are found."""
    assert base_images(text, arguments) == expected


def test_images_that_are_arguments_are_found():
    """What a build may replace: no arguments of stages, and none without an image of its own."""
    text = (
        "# ARG NOT=one\nARG BASE=a/b:1\nARG OTHER\nARG SAME=${BASE}\nFROM ${BASE}\nARG IN=c/d:1\n"
    )
    assert image_arguments(text) == {"BASE": "a/b:1"}
