"""Addresses of this app."""

from django.urls import path

from images import views

app_name = "images"
urlpatterns = [
    path("image-sets/", views.image_set_list, name="image_set_list"),
    path("image-sets/import/", views.import_create, name="import_create"),
    path("image-sets/import/<uuid:pk>/", views.import_detail, name="import_detail"),
    path("image-sets/import/<uuid:pk>/cancellation/", views.import_cancel, name="import_cancel"),
    path("image-sets/<uuid:pk>/", views.image_set_detail, name="image_set_detail"),
    path("image-sets/<uuid:pk>/sample/", views.sample_create, name="sample_create"),
    path("images/<uuid:pk>/picture.png", views.picture, name="picture"),
    path("images/<uuid:pk>/thumbnail.png", views.thumbnail, name="thumbnail"),
]
