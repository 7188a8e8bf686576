"""Shopping."""

from __future__ import annotations

from typing import ClassVar

from are.simulation.apps.shopping import CartItem, Order, Product, ProductListResult, ShoppingApp
from are.simulation.tool_utils import OperationType, app_tool, data_tool
from are.simulation.types import disable_events, event_registered
from are.simulation.utils import serialize_field, type_check

from pytest_pare.apps.core import StatefulApp
from pytest_pare.apps.navigation import push
from pytest_pare.apps.shopping.states import (
    CartView,
    OrderDetailView,
    OrderListView,
    ProductDetail,
    ShoppingHome,
    VariantDetail,
)
from pytest_pare.apps.tool_decorators import described_as


class StatefulShoppingApp(StatefulApp, ShoppingApp):
    """A shop: products in variants that can be ordered (items), the user's cart, and the user's orders."""

    root = ShoppingHome
    transitions: ClassVar = {
        ShoppingHome: {
            "view_product": push(ProductDetail, lambda _, args, __: ProductDetail(args["product_id"])),
            "view_cart": push(CartView),
            "list_orders": push(OrderListView),
        },
        ProductDetail: {"view_variant": push(VariantDetail, lambda _, args, __: VariantDetail(args["item_id"]))},
        VariantDetail: {"add_to_cart": push(CartView)},
        CartView: {"checkout": push(OrderDetailView, lambda _, __, order_id: OrderDetailView(order_id))},
        OrderListView: {"view_order": push(OrderDetailView, lambda _, args, __: OrderDetailView(args["order_id"]))},
    }

    def get_item(self, item_id: str) -> dict[str, object]:
        """Return an item with the name and id of its product, or an empty dictionary for an unknown id."""
        item: dict[str, object] = self._get_item(item_id)
        return item

    def get_cart(self) -> dict[str, object]:
        """Return the content of the cart by item id. No event."""
        with disable_events():
            cart: dict[str, object] = serialize_field(self.list_cart())
        return cart

    @type_check
    @data_tool()
    def add_order(
        self, order_id: str, order_status: str, order_date: float, order_total: float, item_id: str, quantity: int
    ) -> str:
        """Add an order of one item to the user's orders.

        :param order_id: Id of the order.
        :param order_status: Status of the order: processed, shipped, delivered, cancelled.
        :param order_date: Time of the order, in epoch seconds.
        :param order_total: Price of the whole order.
        :param item_id: Id of the item that was ordered.
        :param quantity: How many were ordered.
        :returns: Id of the order, otherwise raise ValueError.
        """
        return self._add_order(order_id, order_status, order_date, order_total, {item_id: quantity})

    @type_check
    @data_tool()
    def add_order_multiple_items(
        self, order_id: str, order_status: str, order_date: float, order_total: float, items: dict[str, int]
    ) -> str:
        """Add an order of several items to the user's orders.

        :param order_id: Id of the order.
        :param order_status: Status of the order: processed, shipped, delivered, cancelled.
        :param order_date: Time of the order, in epoch seconds.
        :param order_total: Price of the whole order.
        :param items: How many were ordered, by id of the item.
        :returns: Id of the order, otherwise raise ValueError.
        """
        return self._add_order(order_id, order_status, order_date, order_total, items)

    def _add_order(
        self, order_id: str, order_status: str, order_date: float, order_total: float, items: dict[str, int]
    ) -> str:
        ordered = {}
        for item_id, quantity in items.items():
            item = self._get_item(item_id)
            if not item:
                raise ValueError(f"Item {item_id} does not exist")
            facts = {name: item[name] for name in ("price", "available", "options")}
            ordered[item_id] = CartItem(item_id=item_id, quantity=quantity, **facts)
        self.orders[order_id] = Order(
            order_status=order_status,
            order_date=order_date,
            order_total=order_total,
            order_id=order_id,
            order_items=ordered,
        )
        return order_id

    @app_tool()
    @data_tool()
    @event_registered(operation_type=OperationType.READ)
    @described_as(ShoppingApp.list_all_products)
    def list_all_products(self, offset: int = 0, limit: int = 10) -> ProductListResult:
        """List ids by name, sorted by name. A further product of a name is listed as `name (id)`."""
        # ARE lists only the last of several products with the same name.
        ids: dict[str, str] = {}
        for product in self.products.values():
            name = product.name if product.name not in ids else f"{product.name} ({product.product_id})"
            ids[name] = product.product_id
        listed = sorted(ids.items())
        total = len(listed)
        return {
            "products": dict(listed[offset : offset + limit]),
            "metadata": {"range": (offset, min(offset + limit, total)), "total": total},
        }

    @type_check
    @app_tool()
    @data_tool()
    @event_registered(operation_type=OperationType.READ)
    def search_product(self, product_name: str, offset: int = 0, limit: int = 10) -> list[Product]:
        """Search for a product in the inventory by its name.

        :param product_name: Name of the product to search for.
        :param offset: offset to start listing from, default is 0.
        :param limit: number of products to list, default is 10.
        :returns: List of products with the given name, limited to the specified offset and limit.
        """
        # ARE returns the second of two products with the same name twice.
        found = [product for product in self.products.values() if product_name.lower() in product.name.lower()]
        return found[offset : offset + limit]

    @app_tool()
    @data_tool()
    @event_registered(operation_type=OperationType.READ)
    def get_all_discount_codes(self) -> dict[str, list[str]]:
        """Returns all the discount codes that are available with the items they apply to.

        :returns: Dictionary mapping discount codes to list of item IDs they apply to.
        """
        # ARE does not log this call, so it would be missing from the agent's actions.
        codes: dict[str, list[str]] = super().get_all_discount_codes()
        return codes
