"""Draws a request's story as a tree for the terminal."""

from rich.text import Text
from rich.tree import Tree

from explorer.story import JobStory, RequestStory, Run, Search, Step

STYLES = {"completed": "green", "executed": "green", "failed": "bold red", "started": "yellow"}


def story_tree(story: RequestStory) -> Tree:
    """Return the tree request → job → job runs → steps, with attempts, statuses and latencies."""
    tree = Tree(_label("request", story.request_id))
    for search in story.searches:
        tree.add(_search(search))
    for job in story.jobs:
        _add_job(tree, job)
    return tree


def _add_job(tree: Tree, job: JobStory) -> None:
    branch = tree.add(
        _label(f"job {job.job_type}", job.job_id)
        + _outcome(job.status, job.latency_ms, job.error_type)
    )
    for run in job.runs:
        _add_run(branch, run)


def _add_run(tree: Tree, run: Run) -> None:
    branch = tree.add(
        _label(f"{run.worker} #{run.attempt}", run.job_run_id)
        + _outcome(run.status, run.latency_ms, run.error_type)
    )
    for step in run.steps:
        branch.add(_step(step))


def _step(step: Step) -> Text:
    text = Text(step.name) + _outcome(step.status, step.latency_ms, step.error_type)
    return text.append(f"  {step.model_id}", "dim") if step.model_id else text


def _search(search: Search) -> Text:
    text = Text(f"search {search.mode}")
    text += _outcome(search.status, search.latency_ms, search.error_type)
    if search.results_count is not None:
        text.append(f"  {search.results_count} results")
    return text


def _label(what: str, identifier: str) -> Text:
    return Text.assemble((what, "bold"), "  ", (identifier, "dim"))


def _outcome(status: str, latency_ms: float | None, error_type: str | None) -> Text:
    text = Text.assemble("  ", (status, STYLES.get(status, "")))
    if latency_ms is not None:
        text.append(f"  {_duration(latency_ms)}")
    if error_type is not None:
        text.append(f"  {error_type}", "red")
    return text


def _duration(latency_ms: float) -> str:
    return f"{latency_ms / 1000:.2f} s" if latency_ms >= 1000 else f"{latency_ms:.1f} ms"
