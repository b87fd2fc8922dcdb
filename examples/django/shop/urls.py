"""The addresses of the shop."""

from django.contrib.auth.views import LoginView
from django.urls import path
from django.views.generic import TemplateView

from . import views

STYLE = TemplateView.as_view(template_name="shop.css", content_type="text/css")

urlpatterns = [
    path("", views.orders, name="orders"),
    path("orders/<int:number>/selection", views.selection, name="selection"),
    path("login", LoginView.as_view(template_name="login.html"), name="login"),
    path("shop.css", STYLE, name="style"),
    path("logout", views.logout, name="logout"),
]
