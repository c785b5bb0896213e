"""What Workflows and Functions bring takes a bounded part of memory, and is there when needed."""

import json

import pytest

from asw.api.workflow import Workflow
from asw.platforms.kubernetes.cache.whole import (
    LARGE,
    MOST_TEXT,
    Book,
    Offers,
    is_slim,
    slim,
    weight_of,
    whole,
)
from asw.platforms.kubernetes.client.errors import NotFound
from asw.reconciler.platform import WorkflowMissing
from tests.support.kube_objects import execution_object, function_object, workflow_object
from tests.support.kube_world import KEY, PATHS, kube_world

LONG = "x" * LARGE


def large_workflow(name, text=LONG * 4, **spec):
    """A sound one; its definition as an object."""
    definition = {
        "QueryLanguage": "JSONata",
        "Comment": text,
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "End": True}},
    }
    item = workflow_object(definition=definition, **spec)
    return {**item, "metadata": {**item["metadata"], "name": name, "uid": f"wf-{name}"}}


def large_function(name):
    item = function_object(code={"inline": {"index.py": f"# {LONG * 4}"}})
    return {**item, "metadata": {**item["metadata"], "name": name, "uid": f"fn-{name}"}}


def ready(world, kind, name):
    found = world.stored(kind, name)["status"]["conditions"]
    return next(it["status"] for it in found if it["type"] == "Ready")


async def over(world):
    await world.until(lambda: world.status.get("phase") in ("Succeeded", "Failed"))


def test_a_book_holds_no_more_text_than_it_may():
    """The latest are whole; of one that is too large by itself, only the rest is held."""
    book = Book(most=3 * weight_of(Workflow.parse(large_workflow("a"))))
    for name in "abcd":
        book["shop", name] = Workflow.parse(large_workflow(name))
    assert [is_slim(book["shop", name]) for name in "abcd"] == [True, False, False, False]
    book["shop", "e"] = Workflow.parse(large_workflow("e", LONG * 40))
    assert all(map(is_slim, book.values()))
    assert book.text == 0


def test_a_book_knows_when_something_is_changed_or_gone():
    """Its room is that of what it holds now."""
    book, small = Book(), Workflow.parse(large_workflow("a", "x"))
    book["shop", "a"] = Workflow.parse(large_workflow("a"))
    book["shop", "a"] = small
    assert book.text == weight_of(small)
    book.forget(("shop", "a"))
    book.forget(("shop", "b"))
    assert (book.text, list(book)) == (0, [])


def test_what_is_slim_keeps_all_that_is_asked_of_it_meanwhile():
    """Name, generation, limits, and whether there is a default input at all."""
    made = Workflow.parse(large_workflow("a", maxActiveTasks=3, defaultInput=None))
    bare = slim(made)
    assert is_slim(bare)
    assert not is_slim(made)
    assert (bare.metadata, bare.public_name) == (made.metadata, made.public_name)
    assert bare.spec.max_active_tasks == 3
    assert bare.spec.has_default_input


async def test_many_large_ones_are_all_judged_within_the_bound():
    """A tenant applies more text than the operator may hold: all are ready, and runs begin."""
    count = 2 * MOST_TEXT // (16 * LARGE)
    async with kube_world() as world:
        for number in range(count):
            item = large_workflow(f"w{number}", LONG * 16)
            item["spec"]["definition"]["States"]["A"]["Output"] = "short"
            world.feed.workflow("ADDED", world.api.put(PATHS["workflow"], item))
        assert world.feed.cache.workflows.text <= MOST_TEXT
        assert is_slim(world.feed.cache.workflows["shop", "w0"])
        await world.definitions.reconcile_all()
        assert {ready(world, "workflow", f"w{n}") for n in range(count)} == {"True"}
        await world.apply("execution", execution_object(workflowRef={"name": "w0"}))
        await over(world)
        assert world.status["phase"] == "Succeeded"
        assert world.status["output"] == "short"


async def test_the_default_input_of_a_slim_one_reaches_its_runs():
    """It is asked for when a run begins."""
    async with kube_world() as world:
        item = large_workflow("w", defaultInput={"n": 7})
        await world.apply("workflow", item)
        cache = world.feed.cache
        cache.workflows["shop", "w"] = slim(cache.workflows["shop", "w"])
        run = execution_object(workflowRef={"name": "w"})
        run["spec"].pop("input", None)
        await world.apply("execution", run)
        await over(world)
        assert world.status["output"] == {"n": 7}


async def test_code_that_is_not_at_hand_is_pinned_all_the_same():
    """As after a restart, when nobody has pinned it yet."""
    async with kube_world() as world:
        stored = world.api.put(PATHS["function"], large_function("big"))
        world.feed.function("ADDED", stored)
        held = slim(world.feed.cache.functions["shop", "big"])
        source = await world.platform.functions.code(held)
        pages = [
            it
            for it in world.api.named("/configmaps/")
            if it["metadata"]["name"] == source.config_map
        ]
        assert LONG in json.dumps(pages[0]["data"])


async def test_who_is_gone_or_another_by_now_is_not_taken_for_it():
    """A namesake is not the object that was slim."""
    async with kube_world() as world:
        await world.apply("workflow", large_workflow("w"))
        old = slim(world.feed.cache.workflows["shop", "w"])
        metadata = old.metadata.model_copy(update={"uid": "another"})
        with pytest.raises(NotFound, match="another one"):
            await whole(world.client, old.model_copy(update={"metadata": metadata}))
        del world.api.objects[f"{PATHS['workflow']}/w"]
        with pytest.raises(NotFound):
            await whole(world.client, old)


async def test_a_slim_workflow_that_is_gone_is_missing():
    """The watch is late: a run waits for it as for one that was never there."""
    async with kube_world() as world:
        await world.apply("workflow", large_workflow("w"))
        cache = world.feed.cache
        cache.workflows["shop", "w"] = slim(cache.workflows["shop", "w"])
        world.platform.workflows.forget("wf-w")
        del world.api.objects[f"{PATHS['workflow']}/w"]
        assert await world.platform.workflows.state(KEY, "w") == WorkflowMissing()


async def test_a_large_one_is_looked_at_in_its_turn():
    """Not beside a thousand others of its namespace, whose events come together."""
    async with kube_world() as world:
        stored = world.api.put(PATHS["workflow"], large_workflow("w"))
        await world.definitions.look(world.feed.workflow("ADDED", stored))
        assert "status" not in world.stored("workflow", "w")
        await world.catch_up()
        assert ready(world, "workflow", "w") == "True"


def test_runs_that_nobody_loaded_yet_take_a_bounded_room():
    """Those that came first are at hand, the others are asked for; each is taken once."""
    offers = Offers(most=3 * len(LONG))
    for number in range(5):
        offers.put(str(number), execution_object(inputText=LONG))
    assert [str(number) in offers for number in range(5)] == [True, True, False, False, False]
    assert offers.text <= 3 * len(LONG)
    assert offers.take("0")["spec"]["inputText"] == LONG
    assert offers.take("0") is None
    offers.put("4", execution_object(input=[LONG]))
    assert "4" in offers


async def test_runs_beyond_that_room_begin_all_the_same():
    """After a restart, which lists them all at once."""
    async with kube_world() as world:
        await world.apply("workflow", large_workflow("w", "x"))
        world.feed.cache._offers = Offers(most=0)
        await world.apply("execution", execution_object(workflowRef={"name": "w"}))
        await over(world)
        assert world.status["phase"] == "Succeeded"
