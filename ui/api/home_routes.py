"""What a home holds beside conversations: its tasks with their templates, its databases, and what its documents say."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from cairn.core.errors import TemplateError
from cairn.core.filters import make_filters
from cairn.core.passages import metadata_of
from cairn.retrieval.retriever import CairnRetriever
from cairn.ui.api.error_replies import Refused
from cairn.ui.api.key_access import Home, needs
from cairn.ui.api.request_models import Name, TaskThere

tasks = APIRouter(prefix="/tasks", tags=["tasks"], dependencies=[needs("read", "ask")])
databases = APIRouter(prefix="/databases", tags=["databases"], dependencies=[needs("read")])
searching = APIRouter(prefix="/search", tags=["documents"], dependencies=[needs("read")])


class TaskInfo(BaseModel):
    name: str
    description: str
    strategy: str
    template: str
    templates: list[str]


class TemplateText(BaseModel):
    name: str
    text: str


class DatabaseInfo(BaseModel):
    """`used`: whether questions may be asked of it."""

    name: str
    dialect: str
    sample: bool
    used: bool


class ColumnInfo(BaseModel):
    name: str
    type: str
    primary_key: bool
    references: tuple[str, str] | None


class TableInfo(BaseModel):
    name: str
    view: bool
    columns: list[ColumnInfo]


class DatabaseSchema(BaseModel):
    name: str
    dialect: str
    tables: list[TableInfo]


@tasks.get("")
def list_tasks(home: Home) -> list[TaskInfo]:
    """The tasks that questions can be asked of."""
    return [_task(home, name) for name in home.prompts.tasks()]


@tasks.get("/{task}")
def show_task(home: Home, task: TaskThere) -> TaskInfo:
    """One task."""
    return _task(home, task)


@tasks.get("/{task}/templates/{template}")
def show_template(home: Home, task: TaskThere, template: Annotated[Name, Path()]) -> TemplateText:
    """A template as it was written."""
    try:
        return TemplateText(name=template, text=home.prompts.text(task, template))
    except TemplateError as error:
        raise Refused(404, "NotFound", error.message) from None


def _task(home: Home, name: str) -> TaskInfo:
    task = home.prompts.task(name)
    return TaskInfo(
        name=name,
        description=task.description,
        strategy=task.strategy,
        template=task.template,
        templates=home.prompts.templates(name),
    )


@databases.get("")
def list_databases(home: Home) -> list[DatabaseInfo]:
    """The registered databases."""
    return [
        DatabaseInfo(name=one.name, dialect=one.dialect, sample=one.sample, used=one.used)
        for one in home.workspace.databases.list()
    ]


@databases.get("/{database}")
def show_database(home: Home, database: Annotated[Name, Path()]) -> DatabaseSchema:
    """The tables and columns that questions can be asked of."""
    if database not in {one.name for one in home.workspace.databases.list()}:
        raise Refused(404, "NotFound", f"There is no database {database!r}.")
    schema = home.workspace.databases.open(database).schema()
    tables = [
        TableInfo(
            name=table.name,
            view=table.view,
            columns=[
                ColumnInfo(name=c.name, type=c.type, primary_key=c.primary_key, references=c.references)
                for c in table.columns
            ],
        )
        for table in schema.tables
    ]
    return DatabaseSchema(name=database, dialect=schema.dialect, tables=tables)


@searching.get("")
def search(
    home: Home,
    query: Annotated[str, Query(min_length=1, max_length=2000, description="Filters such as tag:hr count.")],
    k: Annotated[int | None, Query(ge=1, le=100, description="At most so many passages.")] = None,
    task: Annotated[Name | None, Query(description="Search as this task does.")] = None,
    collection: Annotated[list[str] | None, Query(description="Search these collections.")] = None,
    tag: Annotated[list[str] | None, Query(description="Only documents with these tags.")] = None,
) -> list[dict[str, Any]]:
    """The passages that a question would be answered from, as `cairn search --json` gives them."""
    given = {name: value for name, value in {"k": k, "collections": collection}.items() if value is not None}
    spec = home.prompts.task(task or home.settings.task).patched({"retrieval": given}).retrieval
    where = make_filters(tags=tag or [])
    found = CairnRetriever.from_library(home.workspace.library, spec, where=where).invoke(query)
    return [{**metadata_of(one), "text": one.page_content} for one in found]
