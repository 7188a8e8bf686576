"""Shopping."""

from pytest_pare.apps.shopping.app import StatefulShoppingApp
from pytest_pare.apps.shopping.states import (
    CartView,
    OrderDetailView,
    OrderListView,
    ProductDetail,
    ShoppingHome,
    VariantDetail,
)

__all__ = [
    "CartView",
    "OrderDetailView",
    "OrderListView",
    "ProductDetail",
    "ShoppingHome",
    "StatefulShoppingApp",
    "VariantDetail",
]
