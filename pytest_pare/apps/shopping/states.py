"""The screens of the shopping app."""

from __future__ import annotations

from typing import Any

from are.simulation.utils import serialize_field

from pytest_pare.apps.screens import WRITE, AppState
from pytest_pare.apps.tool_decorators import screen_tool


class ShoppingHome(AppState):
    """The catalogue, with the ways to the cart and to the orders."""

    @screen_tool()
    def list_products(self, offset: int = 0, limit: int = 10) -> dict[str, Any]:
        """List the products of the shop, by name.

        :param offset: How many products to pass over.
        :param limit: How many products to list at most.
        :returns: The ids of the products by name, with the range that is listed and the total number.
        """
        products: dict[str, Any] = self.app.list_all_products(offset, limit)
        return products

    @screen_tool()
    def search_products(self, product_name: str, offset: int = 0, limit: int = 10) -> list[dict[str, Any]]:
        """Search the shop for products whose name holds a text.

        :param product_name: The text to look for.
        :param offset: How many products to pass over.
        :param limit: How many products to list at most.
        :returns: The products that match, with their variants.
        """
        products: list[dict[str, Any]] = serialize_field(self.app.search_product(product_name, offset, limit))
        return products

    @screen_tool()
    def view_product(self, product_id: str) -> dict[str, Any]:
        """Open a product.

        :param product_id: Id of the product.
        :returns: The product: its name, and its variants by item id.
        """
        product: dict[str, Any] = serialize_field(self.app.get_product_details(product_id))
        return product

    @screen_tool()
    def view_cart(self) -> dict[str, Any]:
        """Open the cart.

        :returns: What is in the cart, by item id.
        """
        cart: dict[str, Any] = self.app.get_cart()
        return cart

    @screen_tool()
    def list_orders(self) -> list[dict[str, Any]]:
        """Open the list of orders.

        :returns: The orders.
        """
        return [serialize_field(order) for order in self.app.list_orders().values()]


class ProductDetail(AppState):
    """One product with its variants.

    Args:
        product_id: Id of the product.
    """

    def __init__(self, product_id: str) -> None:
        self.product_id = product_id

    def is_valid(self) -> bool:
        """Tell whether the product is still sold."""
        return self.product_id in self.app.products

    @screen_tool()
    def view_variant(self, item_id: str) -> dict[str, Any]:
        """Open a variant of this product.

        :param item_id: Id of the variant.
        :returns: The variant: price, options, and whether it is available.
        """
        if item_id not in self.app.get_product_details(self.product_id).variants:
            raise ValueError(f"Item {item_id} is no variant of this product")
        item: dict[str, Any] = self.app.get_item(item_id)
        return item


class VariantDetail(AppState):
    """One variant of a product: what is put into the cart.

    Args:
        item_id: Id of the variant.
    """

    def __init__(self, item_id: str) -> None:
        self.item_id = item_id

    def is_valid(self) -> bool:
        """Tell whether the variant is still sold."""
        return bool(self.app.get_item(self.item_id))

    @screen_tool(WRITE)
    def add_to_cart(self, quantity: int = 1) -> str:
        """Put this variant into the cart, and open the cart.

        :param quantity: How many.
        :returns: Id of the variant.
        """
        item_id: str = self.app.add_to_cart(self.item_id, quantity)
        return item_id


class CartView(AppState):
    """The cart."""

    @screen_tool(WRITE)
    def remove_item(self, item_id: str, quantity: int = 1) -> str:
        """Take something out of the cart.

        :param item_id: Id of the variant.
        :param quantity: How many to take out.
        :returns: Id of the variant.
        """
        removed_id: str = self.app.remove_from_cart(item_id, quantity)
        return removed_id

    @screen_tool(WRITE)
    def checkout(self, discount_code: str | None = None) -> str:
        """Order what is in the cart, and open the order.

        :param discount_code: A discount code; it must be valid for everything that is in the cart.
        :returns: Id of the order.
        """
        order_id: str = self.app.checkout(discount_code)
        return order_id


class OrderListView(AppState):
    """The list of the user's orders."""

    @screen_tool()
    def view_order(self, order_id: str) -> dict[str, Any]:
        """Open an order.

        :param order_id: Id of the order.
        :returns: The order.
        """
        order: dict[str, Any] = serialize_field(self.app.get_order_details(order_id))
        return order


class OrderDetailView(AppState):
    """One order.

    Args:
        order_id: Id of the order.
    """

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id

    @screen_tool()
    def view_order(self) -> dict[str, Any]:
        """Show this order again.

        :returns: The order.
        """
        order: dict[str, Any] = serialize_field(self.app.get_order_details(self.order_id))
        return order
