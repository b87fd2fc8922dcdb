"""The page with a user's orders, and the selections for them."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from .orders import order_of, orders_of
from .selections import signed


@require_GET
@never_cache
@login_required
def orders(request: HttpRequest) -> HttpResponse:
    """The user's orders."""
    found = orders_of(request.user.get_username())
    return render(request, "orders.html", {"orders": found, "longhaul": settings.LONGHAUL_URL})


@require_GET
@never_cache
def selection(request: HttpRequest, number: int) -> JsonResponse:
    """Answers with a signed selection of the files of an order, to its owner alone.

    Your login decides who asks, your database what they may have. Longhaul believes the signature.
    """
    if not request.user.is_authenticated:
        return _problem(401, "Sign in first.")
    order = order_of(number)
    if order is None:
        return _problem(404, "There is no such order.")
    if order.owner != request.user.get_username():
        return _problem(403, "This order is another customer's.")
    asked = {"files": order.files, "filename": f"Order {order.number}.zip"}
    return JsonResponse({"selection": signed(str(request.user.pk), asked)})


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Signs out. The browser keeps nothing of this user, the tickets of exports neither."""
    response: HttpResponse = LogoutView.as_view()(request)
    response["Clear-Site-Data"] = '"storage"'
    return response


def _problem(status: int, detail: str) -> JsonResponse:
    """Returns an RFC 9457 problem document, as Longhaul does."""
    body = {"status": status, "detail": detail}
    return JsonResponse(body, status=status, content_type="application/problem+json")
