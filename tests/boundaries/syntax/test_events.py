"""Event names, envelopes and ids come from the façade."""

import pytest

from tests.boundaries.syntax.shop import (
    COMMAND,
    ELSEWHERE,
    FACADE,
    PEER,
    SERVICE,
    SINK,
    TEST,
    assert_passes,
    assert_told,
)

PRODUCT = [SERVICE, COMMAND, ELSEWHERE]

NAMES = {
    "unregistered": "x = 'shop.order.lost'  # <- unregistered-event-name",
    "four parts": "x = 'shop.index.sync.lost'  # <- unregistered-event-name",
    "registered": "x = 'shop.order.placed'  # <- event-name-literal",
    "registered, four parts": "x = 'shop.index.sync.started'  # <- event-name-literal",
    "a sum": "x = 'shop.' + 'order.' + 'placed'  # <- event-name-literal",
    "an f-string": "AREA = 'order'\nx = f'shop.{AREA}.placed'  # <- event-name-literal",
    "a prefix": "P = 'shop.'\ndef f():\n    return P + 'order.lost'  # <- unregistered-event-name",
    "joined": "x = '.'.join(('shop', 'order', 'placed'))  # <- event-name-literal",
    "bytes": "x = b'shop.order.placed'  # <- event-name-literal",
    "a comparison": "if e['event_name'] == 'shop.order.placed': ...  # <- event-name-literal",
    "a case": "match x:\n    case 'shop.order.placed': ...  # <- event-name-literal",
    "a type": "def f(n: Literal['shop.order.placed']): ...  # <- event-name-literal",
    "a key": "x = {'shop.order.placed': 1}  # <- event-name-literal",
    "a default": "def f(n='shop.order.lost'): ...  # <- unregistered-event-name",
    "emitted": "import signals\nsignals.emit('shop.order.placed', {})  # <- event-name-literal",
    "emitted, free": "import signals\nsignals.emit('Order lost!')  # <- unregistered-event-name",
    "sealed, free": "from signals import seal\nseal('lost', {})  # <- unregistered-event-name",
    "emitted, pieces": "import signals\n"
    "signals.emit(f'shop.{area}.placed', {})  # <- unregistered-event-name",
}


@pytest.mark.parametrize("source", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("path", PRODUCT)
def test_an_event_name_that_is_spelled_out(source: str, path: str) -> None:
    assert_told(source, path)


@pytest.mark.parametrize("source", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("path", [FACADE, SINK, TEST, PEER])
def test_the_facade_and_tests_may_spell_them(source: str, path: str) -> None:
    assert_passes(source, path)


NAME_NEAR_MISSES = {
    "a host": "x = 'shop.example'\ny = 'https://schemas.shop.example/a.json'",
    "a file": "x = 'shop.toml'\ny = 'var/shop.order.placed'",
    "a docstring": '"""shop.order.placed"""\ndef f():\n    """shop.order.lost"""',
    "a sentence": "x = 'shop.order.placed is told'",
    "a prefix": "x = name.removeprefix('shop.')\ny = 'shop.order.'",
    "a longer word": "x = 'workshop.order.placed'\ny = 'shopping.order.placed'",
    "another case": "x = 'Shop.Order.Placed'",
    "a line": "x = 'shop.order.placed\\n'",
    "unknown pieces": "x = f'shop.{area}.placed'\ny = 'shop.order.' + status",
    "five parts": "x = 'shop.a.b.c.d'",
    "a part of an f-string": "x = f'{y}shop.order.placed'",
    "the typed event's": "x = events.OrderPlaced.event_name",
    "a name that was kept": "import signals\nsignals.seal(kept.name, kept.payload)",
    "a comment": "# 'shop.order.lost'",
}


@pytest.mark.parametrize("source", NAME_NEAR_MISSES.values(), ids=NAME_NEAR_MISSES)
def test_what_looks_like_an_event_name(source: str) -> None:
    assert_passes(source)


ENVELOPES = {
    "dict": "x = {'event_name': n, 'correlation': {}}  # <- handmade-envelope",
    "other order": "x = {'a': 1, 'correlation': c, 'event_name': n}  # <- handmade-envelope",
    "several lines": "x = {  # <- handmade-envelope\n    'event_name': n,\n    'correlation': c}",
    "dict()": "x = dict(event_name=n, correlation=c)  # <- handmade-envelope",
    "dict() of both": "x = dict({'event_name': n}, correlation=c)  # <- handmade-envelope",
    "dict() of pairs": "x = dict([('event_name', n), ('correlation', c)])  # <- handmade-envelope",
    "dict() renamed": "d = dict\nx = d(event_name=n, correlation=c)  # <- handmade-envelope",
    "names of keys": "K = 'event_name'\nx = {K: n, 'corre' + 'lation': c}  # <- handmade-envelope",
    "merged": "x = {'event_name': n} | {'correlation': c}  # <- handmade-envelope",
    "spread": "a = {'event_name': n}\nx = {**a, 'correlation': c}  # <- handmade-envelope",
    "spread display": "x = {**{'event_name': n}, 'correlation': c}  # <- handmade-envelope",
    "given away": "send({'event_name': n, 'correlation': c})  # <- handmade-envelope",
    "step by step": "x = {}\nx['event_name'] = n\nx['correlation'] = c  # <- handmade-envelope",
    "one step": "x = {'event_name': n}\nx['correlation'] = c  # <- handmade-envelope",
    "of an attribute": "self.x['event_name'] = n\n"
    "self.x['correlation'] = c  # <- handmade-envelope",
    "update": "x = {'event_name': n}\nx.update(correlation=c)  # <- handmade-envelope",
    "update of a dict": "x = {'event_name': n}\n"
    "x.update({'correlation': c})  # <- handmade-envelope",
    "|=": "x = {'event_name': n}\nx |= {'correlation': c}  # <- handmade-envelope",
    "setdefault": "x = {'event_name': n}\nx.setdefault('correlation', c)  # <- handmade-envelope",
    "two names": "x['event_name'], x['correlation'] = n, c  # <- handmade-envelope",
}


@pytest.mark.parametrize("source", ENVELOPES.values(), ids=ENVELOPES)
@pytest.mark.parametrize("path", PRODUCT)
def test_an_envelope_by_hand(source: str, path: str) -> None:
    assert_told(source, path)


@pytest.mark.parametrize("source", ENVELOPES.values(), ids=ENVELOPES)
@pytest.mark.parametrize("path", [FACADE, SINK, TEST, PEER, "src/samples/orders.py"])
def test_tests_and_samples_may_build_envelopes(source: str, path: str) -> None:
    assert_passes(source, path)


ENVELOPE_NEAR_MISSES = {
    "a name alone": "x = {'event_name': n, 'payload': p}",
    "correlation alone": "x = {'correlation': c}",
    "two dicts": "x = {'event_name': n}\ny = {'correlation': c}",
    "two scopes": "def f():\n    x = {'event_name': n}\ndef g():\n    x = {'correlation': c}",
    "reading": "a = e['event_name'], e['correlation']",
    "a class": "class E:\n    event_name: str\n    correlation: X\nE(event_name=1, correlation=2)",
    "a list of fields": "FIELDS = ('event_name', 'correlation')\nx = ['event_name', 'correlation']",
    "values": "x = {'a': 'event_name', 'b': 'correlation'}",
    "nested": "x = {'event_name': {'correlation': c}}",
    "a number": "x = 1\nx |= 2",
}


@pytest.mark.parametrize("source", ENVELOPE_NEAR_MISSES.values(), ids=ENVELOPE_NEAR_MISSES)
def test_what_looks_like_an_envelope(source: str) -> None:
    assert_passes(source)


IDS = {
    "keyword": "f(request_id=uuid4())  # <- handmade-id",
    "as text": "f(request_id=str(uuid4()))  # <- handmade-id",
    "as another text": "f(request_id=repr(uuid4()))  # <- handmade-id",
    "formatted": "f(request_id=format(uuid4(), 's'))  # <- handmade-id",
    "as an id again": "f(request_id=UUID(str(uuid4())))  # <- handmade-id",
    "by object": "object.__setattr__(self, 'job_id', uuid4())  # <- handmade-id",
    "as hex": "f(trace_id=uuid4().hex)  # <- handmade-id",
    "as a part": "f(span_id=uuid4().hex[:16])  # <- handmade-id",
    "in an f-string": "f(job_id=f'{uuid4()}')  # <- handmade-id",
    "as a fallback": "f(request_id=given or str(uuid4()))  # <- handmade-id",
    "as a choice": "f(request_id=given if given else str(uuid4()))  # <- handmade-id",
    "replaced": "f(trace_id=str(uuid4()).replace('-', ''))  # <- handmade-id",
    "key": "x = {'request_id': str(uuid4())}  # <- handmade-id",
    "item": "x['job_id'] = uuid4()  # <- handmade-id",
    "attribute": "self.request_id = uuid4()  # <- handmade-id",
    "private": "self._request_id = uuid4()  # <- handmade-id",
    "variable": "job_id = str(uuid4())  # <- handmade-id",
    "constant": "JOB_ID = uuid4()  # <- handmade-id",
    "annotated": "job_id: str = str(uuid4())  # <- handmade-id",
    "walrus": "f(job_id := uuid4())  # <- handmade-id",
    "tuple": "a, job_id = 1, uuid4()  # <- handmade-id",
    "default": "def f(*, job_id=uuid4()): ...  # <- handmade-id",
    "positional default": "def f(a, job_id=uuid4()): ...  # <- handmade-id",
    "factory": "class A:\n    job_id: UUID = field(default_factory=uuid4)  # <- handmade-id",
    "factory's lambda": "class A:\n"
    "    job_id: str = field(default_factory=lambda: str(uuid4()))  # <- handmade-id",
    "by way of a variable": "new = uuid4()\nf(job_id=new)  # <- handmade-id",
    "setter": "ctx.with_request_id(str(uuid4()))  # <- handmade-id",
    "setattr": "setattr(x, 'job_id', uuid4())  # <- handmade-id",
    "setdefault": "x.setdefault('job_id', uuid4())  # <- handmade-id",
    "module": "import uuid\nf(request_id=uuid.uuid4())  # <- handmade-id",
    "renamed": "from uuid import uuid4 as new\nf(event_id=new())  # <- handmade-id",
    "another version": "import uuid\nf(event_id=uuid.uuid1())  # <- handmade-id",
    "another library": "import uuid_utils as u\nf(event_id=str(u.uuid7()))  # <- handmade-id",
    "alias": "new = uuid4\nf(event_id=new())  # <- handmade-id",
    "getattr": "import uuid\nf(event_id=getattr(uuid, 'uuid4')())  # <- handmade-id",
    "star": "from uuid import *\nf(event_id=uuid4())  # <- handmade-id",
    "imported by a call": "f(event_id=__import__('uuid').uuid4())  # <- handmade-id",
}


@pytest.mark.parametrize("source", IDS.values(), ids=IDS)
@pytest.mark.parametrize("path", [*PRODUCT, TEST])
def test_an_id_by_hand(source: str, path: str) -> None:
    assert_told("from uuid import UUID, uuid4\n" + source, path)


@pytest.mark.parametrize("source", IDS.values(), ids=IDS)
@pytest.mark.parametrize("path", [FACADE, PEER])
def test_the_facade_and_those_who_measure_it_make_ids(source: str, path: str) -> None:
    assert_passes("from uuid import UUID, uuid4\n" + source, path)


ID_NEAR_MISSES = {
    "another field": "f(document_id=uuid4())\nx = {'row_id': uuid4()}\ntoken = uuid4().hex",
    "the façade's": "import signals as obs\nf(request_id=obs.new_uuid())",
    "one that was given": "f(request_id=str(UUID(text)))\njob_id = row['job_id']",
    "an argument of another": "f(job_id=start(document_id=uuid4()))",
    "a path": "get(f'/jobs/{uuid4()}')",
    "no id": "from uuid import uuid4\nids = [str(uuid4()) for _ in range(3)]",
    "a local function": "def uuid4(): ...\njob_id = uuid4()",
    "no value": "class A:\n    job_id: str\n    request_id: str = ''",
}


@pytest.mark.parametrize("source", ID_NEAR_MISSES.values(), ids=ID_NEAR_MISSES)
def test_what_looks_like_an_id(source: str) -> None:
    prefix = "" if "def uuid4" in source else "from uuid import uuid4, UUID\n"
    assert_passes(prefix + source)
