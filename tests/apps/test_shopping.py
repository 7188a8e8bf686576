"""The shopping app: the agent's tools, the shop's, the screens, and the ways between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from are.simulation.apps.shopping import CartItem, Item, Order, Product
from are.simulation.types import Event, EventRegisterer, EventType

from pytest_pare.apps import StatefulShoppingApp
from pytest_pare.apps.shopping import (
    CartView,
    OrderDetailView,
    OrderListView,
    ProductDetail,
    ShoppingHome,
    VariantDetail,
)
from pytest_pare.are.world import DEFAULT_START_TIME
from pytest_pare.simulation.notification_templates import ANNOUNCEMENTS
from pytest_pare.simulation.notifications import FOR_AGENT, FOR_USER
from tests.apps.phone import Phone, described, interface, kinds_of, mark_of, parameters_of, phone

CONTRACT = interface("shopping")
SCREENS = [ShoppingHome, ProductDetail, VariantDetail, CartView, OrderListView, OrderDetailView]


def shop() -> StatefulShoppingApp:
    return StatefulShoppingApp(
        name="Shopping",
        products={
            "lamp": Product(
                name="Desk lamp",
                product_id="lamp",
                variants={
                    "brass": Item(price=40.0, item_id="brass", options={"colour": "brass"}),
                    "steel": Item(price=30.0, item_id="steel", available=False),
                },
            ),
            "desk": Product(name="Desk", product_id="desk", variants={"oak": Item(price=200.0, item_id="oak")}),
        },
        cart={"oak": CartItem(item_id="oak", quantity=2, price=200.0)},
        orders={
            "old": Order("delivered", 1.0, 30.0, "old", {"steel": CartItem("steel", 1, 30.0)}),
            "new": Order("processed", 2.0, 40.0, "new", {"brass": CartItem("brass", 1, 40.0)}),
        },
        discount_codes={"oak": {"TEN": 10.0}},
    )


@pytest.fixture
def shopper() -> Iterator[Phone]:
    with phone(shop) as held:
        yield held


# -- the documented interface


def test_interface_methods() -> None:
    for name, agreed in CONTRACT["methods"].items():
        method = getattr(StatefulShoppingApp, name)
        assert parameters_of(method) == agreed["params"], name
        assert sorted(kinds_of(method)) == sorted(agreed["kinds"]), name
        # The tool for discount codes logs an event here; ARE's does not.
        expected = "READ" if name == "get_all_discount_codes" else agreed["operation"]
        assert mark_of(method) == expected, name


def test_interface_screens() -> None:
    assert [screen.__name__ for screen in SCREENS] == list(CONTRACT["screens"])
    for screen in SCREENS:
        tools = {name: tool for name, tool in vars(screen).items() if kinds_of(tool) == ["user_tool"]}
        agreed = dict(CONTRACT["screens"][screen.__name__])
        if screen is ShoppingHome:
            # The one that a user could not search from.
            agreed["search_products"] = {
                "operation": "READ",
                "params": {"product_name": "<required>", "offset": 0, "limit": 10},
            }
        assert {
            name: {"operation": mark_of(tool), "params": parameters_of(tool)} for name, tool in tools.items()
        } == agreed


def test_what_is_given_to_the_constructor_is_kept(shopper: Phone) -> None:
    app = shopper.app
    assert set(CONTRACT["constructor"]) == {"name", "products", "cart", "orders", "discount_codes"}
    assert list(app.products) == ["lamp", "desk"]
    assert app.cart["oak"].quantity == 2
    assert list(app.orders) == ["old", "new"]
    assert app.discount_codes == {"oak": {"TEN": 10.0}}
    assert StatefulShoppingApp().name == "StatefulShoppingApp"


def test_state_is_saved_loaded_and_reset(shopper: Phone) -> None:
    shopper.agent("checkout")
    state = shopper.app.get_state()
    other = StatefulShoppingApp(name="Other")
    other.load_state(state)
    assert other.get_state() == state
    assert isinstance(next(reversed(other.orders.values())).order_date, datetime)
    other.reset()
    assert other.get_state() == {"products": {}, "cart": {}, "discount_codes": {}, "orders": {}}


# -- the agent's tools

AGENT_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("add_to_cart", {"item_id": "brass", "quantity": 3}),
    ("cancel_order", {"order_id": "new"}),
    ("checkout", {"discount_code": "TEN"}),
    ("get_all_discount_codes", {}),
    ("get_discount_code_info", {"discount_code": "TEN"}),
    ("get_order_details", {"order_id": "old"}),
    ("get_product_details", {"product_id": "lamp"}),
    ("list_all_products", {}),
    ("list_cart", {}),
    ("list_orders", {}),
    ("remove_from_cart", {"item_id": "oak"}),
    ("search_product", {"product_name": "lamp"}),
]


@pytest.mark.parametrize(("tool", "arguments"), AGENT_CALLS)
def test_marks_of_the_agents_tools_are_true(shopper: Phone, tool: str, arguments: dict[str, Any]) -> None:
    before = shopper.app.get_state()
    shopper.agent(tool, **arguments)
    changed = shopper.app.get_state() != before
    assert changed == (mark_of(getattr(StatefulShoppingApp, tool)) == "WRITE")


def test_no_tool_of_the_agents_is_left_out(shopper: Phone) -> None:
    assert sorted(f"Shopping__{tool}" for tool, _ in AGENT_CALLS) == sorted(t.name for t in shopper.app.get_tools())


def test_what_the_agents_reads_return(shopper: Phone) -> None:
    listing = shopper.agent("list_all_products", offset=1, limit=5)
    assert listing == {"products": {"Desk lamp": "lamp"}, "metadata": {"range": (1, 2), "total": 2}}
    assert shopper.agent("get_product_details", product_id="desk").name == "Desk"
    assert shopper.agent("get_all_discount_codes") == {"TEN": ["oak"]}
    assert shopper.agent("get_discount_code_info", discount_code="TEN") == {"oak": 10.0}
    assert shopper.agent("get_discount_code_info", discount_code="") == {}
    assert list(shopper.agent("list_cart")) == ["oak"]
    assert list(shopper.agent("list_orders")) == ["old", "new"]
    assert shopper.agent("get_order_details", order_id="old").order_status == "delivered"


def test_search_finds_each_of_two_products_with_one_name(shopper: Phone) -> None:
    shopper.app.products["lamp2"] = Product(name="Desk lamp", product_id="lamp2")
    found = [product.product_id for product in shopper.agent("search_product", product_name="LAMP")]
    assert found == ["lamp", "lamp2"]
    assert shopper.agent("search_product", product_name="sofa") == []
    assert [p.product_id for p in shopper.agent("search_product", product_name="", offset=1, limit=1)] == ["desk"]


def test_the_list_has_each_of_the_products_with_one_name(shopper: Phone) -> None:
    shopper.app.products["lamp2"] = Product(name="Desk lamp", product_id="lamp2")
    shopper.app.products["lamp3"] = Product(name="Desk lamp", product_id="lamp3")
    everything = {
        "Desk": "desk",
        "Desk lamp": "lamp",
        "Desk lamp (lamp2)": "lamp2",
        "Desk lamp (lamp3)": "lamp3",
    }
    assert shopper.agent("list_all_products") == {"products": everything, "metadata": {"range": (0, 4), "total": 4}}
    assert shopper.do("list_products")["products"] == everything
    pages = [shopper.agent("list_all_products", offset=offset, limit=3) for offset in (0, 3)]
    assert pages[0]["products"] | pages[1]["products"] == everything
    assert [page["metadata"]["range"] for page in pages] == [(0, 3), (3, 4)]


def test_checkout_by_the_agent(shopper: Phone) -> None:
    order_id = shopper.agent("checkout", discount_code="TEN")
    order = shopper.app.orders[order_id]
    assert (order.order_status, order.order_total, list(order.order_items)) == ("processed", 360.0, ["oak"])
    assert order.order_date == datetime.fromtimestamp(DEFAULT_START_TIME, tz=UTC)
    assert shopper.app.cart == {}


REFUSED_TO_THE_AGENT: list[tuple[type[Exception], str, str, dict[str, Any]]] = [
    (ValueError, "Product does not exist", "get_product_details", {"product_id": "gone"}),
    (ValueError, "Product does not exist", "get_product_details", {"product_id": ""}),
    (ValueError, "Quantity cannot be negative or zero", "add_to_cart", {"item_id": "brass", "quantity": 0}),
    (ValueError, "Product does not exist", "add_to_cart", {"item_id": "lamp"}),
    (ValueError, "Product is not available", "add_to_cart", {"item_id": "steel"}),
    (TypeError, "quantity", "add_to_cart", {"item_id": "brass", "quantity": "two"}),
    (ValueError, "Quantity cannot be negative", "remove_from_cart", {"item_id": "oak", "quantity": -1}),
    (ValueError, "Product not in cart", "remove_from_cart", {"item_id": "brass"}),
    (ValueError, "Quantity exceeds available quantity", "remove_from_cart", {"item_id": "oak", "quantity": 3}),
    (ValueError, "not valid for the item", "checkout", {"discount_code": "TWENTY"}),
    (ValueError, "Order does not exist", "get_order_details", {"order_id": "gone"}),
    (ValueError, "Order does not exist", "cancel_order", {"order_id": ""}),
    (ValueError, "cannot be cancelled, current status: delivered", "cancel_order", {"order_id": "old"}),
    (TypeError, "product_name", "search_product", {"product_name": 3}),
]


@pytest.mark.parametrize(("error", "match", "tool", "arguments"), REFUSED_TO_THE_AGENT)
def test_what_is_refused_to_the_agent(
    shopper: Phone, error: type[Exception], match: str, tool: str, arguments: dict[str, Any]
) -> None:
    shopper.agent_refused(error, tool, match, **arguments)


def test_checkout_that_is_refused(shopper: Phone) -> None:
    shopper.agent("add_to_cart", item_id="brass")
    shopper.agent_refused(
        ValueError, "checkout", "no valid discount codes for the item with id - brass", discount_code="TEN"
    )
    shopper.app.cart.clear()
    shopper.agent_refused(Exception, "checkout", "Cart is empty")


# -- content from the scenario


def test_orders_are_added(shopper: Phone) -> None:
    app = shopper.app
    before = len(shopper.log())
    assert app.add_order("o1", "shipped", 5.0, 80.0, "brass", 2) == "o1"
    assert app.add_order_multiple_items("o2", "delivered", 6.0, 240.0, {"brass": 1, "oak": 1}) == "o2"
    assert len(shopper.log()) == before
    brass = CartItem(item_id="brass", quantity=2, price=40.0, available=True, options={"colour": "brass"})
    assert app.orders["o1"] == Order("shipped", 5.0, 80.0, "o1", {"brass": brass})
    assert {item_id: item.quantity for item_id, item in app.orders["o2"].order_items.items()} == {"brass": 1, "oak": 1}
    # An order keeps its items when the shop's item changes.
    app.products["lamp"].variants["brass"].options["colour"] = "red"
    assert app.orders["o1"].order_items["brass"].options == {"colour": "brass"}


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (ValueError, lambda app: app.add_order("o", "shipped", 5.0, 80.0, "gone", 2)),
        (ValueError, lambda app: app.add_order("o", "shipped", 5.0, 80.0, "", 2)),
        (ValueError, lambda app: app.add_order_multiple_items("o", "shipped", 5.0, 80.0, {"oak": 1, "gone": 1})),
        (TypeError, lambda app: app.add_order("o", "shipped", "2025-01-01", 80.0, "oak", 2)),
        (TypeError, lambda app: app.add_order_multiple_items("o", "shipped", 5.0, 80.0, ["oak"])),
        (ValueError, lambda app: app.add_item_to_product("gone", 1.0)),
        (ValueError, lambda app: app.add_discount_code("gone", {"TEN": 10.0})),
        (ValueError, lambda app: app.update_item("oak")),
        (ValueError, lambda app: app.update_item("gone", 1.0)),
        (ValueError, lambda app: app.update_order_status("gone")),
        (ValueError, lambda app: app.update_order_status("new", "lost")),
    ],
)
def test_what_is_refused_to_a_scenario(shopper: Phone, error: type[Exception], call: Callable[[Any], object]) -> None:
    before = shopper.everything()
    with pytest.raises(error):
        call(shopper.app)
    assert shopper.everything() == before


def test_items_and_the_cart_can_be_looked_at_without_an_event(shopper: Phone) -> None:
    before = len(shopper.log())
    assert shopper.app.get_item("brass") == {
        "name": "Desk lamp",
        "product_id": "lamp",
        "item_id": "brass",
        "price": 40.0,
        "available": True,
        "options": {"colour": "brass"},
    }
    assert shopper.app.get_item("gone") == {}
    assert shopper.app.get_cart() == {
        "oak": {"item_id": "oak", "quantity": 2, "price": 200.0, "available": True, "options": {}}
    }
    assert len(shopper.log()) == before


def test_get_cart_looks_also_while_events_are_captured(shopper: Phone) -> None:
    with EventRegisterer.capture_mode():
        assert list(shopper.app.get_cart()) == ["oak"]


# -- what happens in the shop

HAPPENINGS: dict[str, tuple[dict[str, Any], str, str]] = {
    "add_product": ({"name": "Sofa"}, "New product: Sofa", ": Sofa"),
    "add_item_to_product": (
        {"product_id": "desk", "price": 90.0, "options": {"wood": "pine"}, "available": False},
        "new variant at 90.0",
        "at 90.0, {'wood': 'pine'}, not available",
    ),
    "update_item": (
        {"item_id": "oak", "new_availability": False},
        "An item has changed",
        "oak has changed, not available",
    ),
    "add_discount_code": (
        {"item_id": "oak", "discount_code": {"NEW": 5.0}},
        "New discount code",
        "item oak: {'NEW': 5.0}",
    ),
    "update_order_status": ({"order_id": "new"}, "now shipped", "new is now shipped"),
    "cancel_order": ({"order_id": "new"}, "was cancelled", "Order new was cancelled"),
}


@pytest.mark.parametrize("function", HAPPENINGS)
def test_what_happens_is_one_event_and_is_announced(shopper: Phone, function: str) -> None:
    arguments, for_user, for_agent = HAPPENINGS[function]
    before, state = len(shopper.log()), shopper.app.get_state()
    # An event that is created by hand lacks the omitted arguments.
    event = Event.from_function(getattr(shopper.app, function), EventType.ENV, **arguments)
    shopper.env.process_event(event.at_absolute_time(DEFAULT_START_TIME))
    assert described(shopper.log()[before:]) == [("ENV", function, False)]
    assert shopper.app.get_state() != state
    system = shopper.env.notification_system
    assert for_user in system.take(FOR_USER)[-1].message
    assert for_agent in system.take(FOR_AGENT)[-1].message


def test_all_that_is_announced_happens_above() -> None:
    assert set(HAPPENINGS) == {function for app, function in ANNOUNCEMENTS if app == "StatefulShoppingApp"}


@pytest.mark.parametrize("function", sorted(set(HAPPENINGS) - {"cancel_order"}))
def test_a_direct_call_is_an_event_of_the_world(shopper: Phone, function: str) -> None:
    before = len(shopper.log())
    getattr(shopper.app, function)(**HAPPENINGS[function][0])
    assert described(shopper.log()[before:]) == [(CONTRACT["methods"][function]["event"], function, False)]


def test_a_price_of_nothing_is_told(shopper: Phone) -> None:
    shopper.app.update_item("oak", new_price=0.0)
    assert "new price 0.0" in shopper.env.notification_system.take(FOR_AGENT)[-1].message


# -- the user's screens

WAYS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "ShoppingHome": [],
    "ProductDetail": [("view_product", {"product_id": "lamp"})],
    "VariantDetail": [("view_product", {"product_id": "lamp"}), ("view_variant", {"item_id": "brass"})],
    "CartView": [("view_cart", {})],
    "OrderListView": [("list_orders", {})],
    "OrderDetailView": [("list_orders", {}), ("view_order", {"order_id": "old"})],
}


def go(shopper: Phone, screen: str) -> None:
    for tool, arguments in WAYS[screen]:
        shopper.do(tool, **arguments)
    assert shopper.screen == screen


def test_every_screen_is_reached_and_left(shopper: Phone) -> None:
    shopper.walk(WAYS)


@pytest.mark.parametrize("screen", WAYS)
def test_a_screen_shows_its_own_tools_alone(shopper: Phone, screen: str) -> None:
    go(shopper, screen)
    extra = {"search_products"} if screen == "ShoppingHome" else {"go_back"}
    assert shopper.own_tools() == set(CONTRACT["screens"][screen]) | extra


STEPS: list[tuple[str, str, dict[str, Any], str]] = [
    ("ShoppingHome", "list_products", {}, "ShoppingHome"),
    ("ShoppingHome", "search_products", {"product_name": "lamp"}, "ShoppingHome"),
    ("ShoppingHome", "view_product", {"product_id": "desk"}, "ProductDetail"),
    ("ShoppingHome", "view_cart", {}, "CartView"),
    ("ShoppingHome", "list_orders", {}, "OrderListView"),
    ("ProductDetail", "view_variant", {"item_id": "steel"}, "VariantDetail"),
    ("ProductDetail", "go_back", {}, "ShoppingHome"),
    ("VariantDetail", "add_to_cart", {"quantity": 2}, "CartView"),
    ("VariantDetail", "go_back", {}, "ProductDetail"),
    ("CartView", "remove_item", {"item_id": "oak", "quantity": 2}, "CartView"),
    ("CartView", "checkout", {"discount_code": "TEN"}, "OrderDetailView"),
    ("CartView", "go_back", {}, "ShoppingHome"),
    ("OrderListView", "view_order", {"order_id": "new"}, "OrderDetailView"),
    ("OrderListView", "go_back", {}, "ShoppingHome"),
    ("OrderDetailView", "view_order", {}, "OrderDetailView"),
    ("OrderDetailView", "go_back", {}, "OrderListView"),
]


@pytest.mark.parametrize(("screen", "tool", "arguments", "after"), STEPS)
def test_each_step(shopper: Phone, screen: str, tool: str, arguments: dict[str, Any], after: str) -> None:
    go(shopper, screen)
    before = shopper.app.get_state()
    shown = shopper.app.current_state
    mark = mark_of(getattr(type(shown) if tool != "go_back" else StatefulShoppingApp, tool))
    shopper.do(tool, **arguments)
    assert shopper.screen == after
    assert (shopper.app.current_state is shown) == (screen == after)
    assert (shopper.app.get_state() != before) == (mark == "WRITE")


def test_no_step_is_left_out() -> None:
    steps = {(screen, tool) for screen, tool, _, _ in STEPS if tool != "go_back"}
    declared = {
        (screen.__name__, tool) for screen, actions in StatefulShoppingApp.transitions.items() for tool in actions
    }
    shown = {(s.__name__, name) for s in SCREENS for name, tool in vars(s).items() if kinds_of(tool) == ["user_tool"]}
    assert steps == shown >= declared


def test_what_the_user_sees(shopper: Phone) -> None:
    assert shopper.do("list_products", limit=1)["products"] == {"Desk": "desk"}
    assert [product["name"] for product in shopper.do("search_products", product_name="lamp")] == ["Desk lamp"]
    assert shopper.do("search_products", product_name="desk", offset=1)[0]["product_id"] == "desk"
    product = shopper.do("view_product", product_id="lamp")
    assert (product["name"], list(product["variants"])) == ("Desk lamp", ["brass", "steel"])
    assert shopper.do("view_variant", item_id="brass")["options"] == {"colour": "brass"}
    assert shopper.do("add_to_cart") == "brass"
    assert shopper.do("remove_item", item_id="oak") == "oak"
    order_id = shopper.do("checkout")
    assert shopper.do("view_order")["order_id"] == order_id
    assert shopper.do("view_order")["order_total"] == 240.0
    for _ in range(4):
        shopper.do("go_back")
    assert shopper.do("view_cart") == {}
    shopper.do("go_back")
    assert [order["order_id"] for order in shopper.do("list_orders")] == ["old", "new", order_id]
    assert shopper.do("view_order", order_id="old")["order_status"] == "delivered"


def test_what_was_seen_stays_as_it_was_seen(shopper: Phone) -> None:
    seen = shopper.do("view_cart")
    shopper.do("remove_item", item_id="oak")
    assert seen["oak"]["quantity"] == 2


REFUSED_TO_THE_USER: list[tuple[str, type[Exception], str, str, dict[str, Any]]] = [
    ("ShoppingHome", ValueError, "Product does not exist", "view_product", {"product_id": "gone"}),
    ("ShoppingHome", ValueError, "Product does not exist", "view_product", {"product_id": ""}),
    ("ShoppingHome", TypeError, "product_id", "view_product", {"product_id": 7}),
    ("ShoppingHome", TypeError, "limit", "list_products", {"limit": "all"}),
    ("ShoppingHome", TypeError, "product_name", "search_products", {"product_name": None}),
    ("ProductDetail", ValueError, "no variant of this product", "view_variant", {"item_id": "gone"}),
    ("ProductDetail", ValueError, "no variant of this product", "view_variant", {"item_id": ""}),
    ("ProductDetail", ValueError, "no variant of this product", "view_variant", {"item_id": "oak"}),
    ("VariantDetail", ValueError, "negative or zero", "add_to_cart", {"quantity": 0}),
    ("VariantDetail", TypeError, "quantity", "add_to_cart", {"quantity": "1"}),
    ("CartView", ValueError, "Product not in cart", "remove_item", {"item_id": "gone"}),
    ("CartView", ValueError, "exceeds", "remove_item", {"item_id": "oak", "quantity": 9}),
    ("CartView", ValueError, "Quantity cannot be negative", "remove_item", {"item_id": "oak", "quantity": -9}),
    ("CartView", ValueError, "not valid", "checkout", {"discount_code": "TWENTY"}),
    ("CartView", TypeError, "discount_code", "checkout", {"discount_code": 10}),
    ("OrderListView", ValueError, "Order does not exist", "view_order", {"order_id": "gone"}),
    ("OrderListView", ValueError, "Order does not exist", "view_order", {"order_id": ""}),
]


@pytest.mark.parametrize(("screen", "error", "match", "tool", "arguments"), REFUSED_TO_THE_USER)
def test_what_is_refused_to_the_user(
    shopper: Phone, screen: str, error: type[Exception], match: str, tool: str, arguments: dict[str, Any]
) -> None:
    go(shopper, screen)
    shopper.refuse(error, tool, match, **arguments)


def test_what_is_sold_out_or_gone_is_refused(shopper: Phone) -> None:
    go(shopper, "ProductDetail")
    shopper.do("view_variant", item_id="steel")
    shopper.refuse(ValueError, "add_to_cart", "Product is not available")
    shopper.app.products.clear()
    shopper.refuse(ValueError, "add_to_cart", "Product does not exist")


def test_an_empty_cart_is_not_ordered(shopper: Phone) -> None:
    go(shopper, "CartView")
    shopper.do("remove_item", item_id="oak", quantity=2)
    shopper.refuse(Exception, "checkout", "Cart is empty")


def test_a_tool_of_another_screen_cannot_be_held_on_to(shopper: Phone) -> None:
    with EventRegisterer.capture_mode():
        event = shopper.tools()["Shopping__view_product"](product_id="lamp")
    go(shopper, "CartView")
    with pytest.raises(RuntimeError, match="CartView"):
        event.action.execute()
    assert "view_product" not in shopper.own_tools()


def test_the_way_back_passes_over_what_is_no_longer_sold(shopper: Phone) -> None:
    go(shopper, "VariantDetail")
    shopper.do("add_to_cart")
    del shopper.app.products["lamp"]
    shopper.do("go_back")
    assert shopper.screen == "ShoppingHome"


def test_a_product_that_is_gone_shows_no_variant(shopper: Phone) -> None:
    go(shopper, "ProductDetail")
    del shopper.app.products["lamp"]
    shopper.refuse(ValueError, "view_variant", "Product does not exist", item_id="brass")


# -- reproducibility


def a_day_in_the_shop(seed: str) -> tuple[Any, ...]:
    with phone(StatefulShoppingApp, seed=seed) as held:
        product_id = held.app.add_product("Chair")
        item_id = held.app.add_item_to_product(product_id, 50.0)
        held.do("view_product", product_id=product_id)
        held.do("view_variant", item_id=item_id)
        held.do("add_to_cart")
        held.do("checkout")
        return held.app.get_state(), [event.event_id for event in held.log()]


def test_equal_seeds_give_equal_ids() -> None:
    assert a_day_in_the_shop("a") == a_day_in_the_shop("a")
    assert a_day_in_the_shop("a") != a_day_in_the_shop("b")
