"""REST endpoints of this app, collected under /api/v1/ by config.api."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, parsers, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import WorkspaceViewSet
from accounts.policy import Action
from images import content
from images.datasets.options import ALLOCATIONS, STRATA, OptionError, ReadingOptions
from images.models import Image, ImageSet, ImageSetItem, ImportRun, Source
from images.pictures import png_response
from images.services import cancel_import, options_of, sample_set, start_import


class ImageSetSerializer(serializers.ModelSerializer[ImageSet]):
    """An image set."""

    workspace = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)

    class Meta:
        model = ImageSet
        fields = [
            "id", "workspace", "name", "source", "is_phantom", "description", "provenance", "digest", "count", "created_at",
        ]  # fmt: skip


class ImageSetItemSerializer(serializers.ModelSerializer[ImageSetItem]):
    """One image of a set, and what the set says of it."""

    image = serializers.UUIDField(source="image_id")
    sha256 = serializers.CharField(source="image.sha256", help_text="digest of the pixels")
    width = serializers.IntegerField(source="image.width")
    height = serializers.IntegerField(source="image.height")
    bits = serializers.IntegerField(source="image.bits", help_text="bits per pixel, 8 or 16")
    picture = serializers.HyperlinkedRelatedField[Any](
        view_name="api-images-picture", source="image", read_only=True, help_text="PNG with the stored pixels"
    )

    class Meta:
        model = ImageSetItem
        fields = [
            "position", "image", "sha256", "width", "height", "bits", "picture", "group", "caption", "findings",
            "uncertain", "patient", "age", "sex", "view",
        ]  # fmt: skip


class ImageSerializer(serializers.ModelSerializer[Image]):
    """One image, named by the digest of its pixels."""

    workspace = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    picture = serializers.HyperlinkedIdentityField(
        view_name="api-images-picture", help_text="PNG with the stored pixels"
    )

    class Meta:
        model = Image
        fields = ["id", "workspace", "sha256", "width", "height", "bits", "picture", "created_at"]


class ImportSerializer(serializers.ModelSerializer[ImportRun]):
    """An import and where it stands."""

    workspace = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)

    class Meta:
        model = ImportRun
        fields = [
            "id", "workspace", "name", "layout", "options", "source", "is_phantom", "description", "directory",
            "archive_name",
            "state", "done", "total", "message", "error", "attempt", "report", "image_set",
            "created_at", "started_at", "finished_at",
        ]  # fmt: skip


class ImportRequestSerializer(serializers.Serializer[Any]):
    """What starts an import: a folder on the server or a zip archive."""

    name = serializers.CharField(max_length=200, help_text="name of the new image set")
    layout = serializers.ChoiceField(choices=ImportRun.Layout.choices)
    directory = serializers.CharField(
        max_length=1000, required=False, default="", allow_blank=True, help_text="a folder inside IMPORT_ROOTS"
    )
    archive = serializers.FileField(
        required=False, default=None, help_text="a zip archive, sent as multipart/form-data"
    )
    source = serializers.ChoiceField(choices=Source.choices, default=Source.REAL)  # type: ignore[assignment]
    is_phantom = serializers.BooleanField(default=False)
    description = serializers.CharField(required=False, default="", allow_blank=True)
    options = serializers.JSONField(
        required=False,
        default=dict,
        help_text="what of a collection is wanted: uncertain, labels, splits, views, sample, seed, by, allocation, "
        "one_per_patient; see docs/importing.md",
    )
    workspace = serializers.SlugField(required=False, write_only=True, help_text="needed by members of several")

    def validate_options(self, value: Any) -> ReadingOptions:
        """The choices; what is no choice is an error of this field."""
        if not isinstance(value, dict):
            raise serializers.ValidationError("Send an object.")
        try:
            return ReadingOptions.from_json(value)
        except OptionError as error:
            raise serializers.ValidationError(f"{error.name}: {error}") from error

    def create(self, validated_data: dict[str, Any]) -> ImportRun:
        """Start the import."""
        return start_import(**{**validated_data, "user": self.context["request"].user})


class SampleRequestSerializer(serializers.Serializer[Any]):
    """How a sample is drawn."""

    name = serializers.CharField(max_length=200, help_text="name of the new image set")
    n = serializers.IntegerField(min_value=1, help_text="how many images")
    by = serializers.ListField(child=serializers.ChoiceField(choices=STRATA), default=list)
    allocation = serializers.ChoiceField(choices=ALLOCATIONS, default=ALLOCATIONS[0])
    seed = serializers.IntegerField(min_value=0, default=0)
    views = serializers.ListField(child=serializers.CharField(max_length=20), default=list)
    one_per_patient = serializers.BooleanField(default=False)
    without_duplicates = serializers.BooleanField(default=False)


@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter("q", str, description="words in name or description"),
            OpenApiParameter("source", str, enum=Source.values),
        ]
    )
)
class ImageSetViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, WorkspaceViewSet):
    """Image sets: named collections of images that never change."""

    queryset_model = ImageSet
    actions_allowed = {
        "list": Action.VIEW_IMAGES,
        "retrieve": Action.VIEW_IMAGES,
        "items": Action.VIEW_IMAGES,
        "sample": Action.IMPORT_IMAGES,
    }
    serializer_class = ImageSetSerializer

    def get_queryset(self) -> QuerySet[ImageSet]:
        """The sets visible to the user, newest first; in a list, those that the query asks for."""
        sets: Any = super().get_queryset().select_related("workspace")
        if self.action == "list":
            query = self.request.query_params
            sets = sets.matching(query.get("q", "")).from_source(query.get("source", ""))
        return sets  # type: ignore[no-any-return]

    @extend_schema(responses=ImageSetItemSerializer(many=True))
    @action(detail=True)
    def items(self, request: Request, pk: str) -> Response:
        """The images of a set, in order, page by page."""
        items = ImageSetItem.objects.filter(image_set=self.get_object()).with_images()
        page = self.paginate_queryset(items)
        return self.get_paginated_response(
            ImageSetItemSerializer(page or [], many=True, context=self.get_serializer_context()).data
        )

    @extend_schema(request=SampleRequestSerializer, responses={201: ImageSetSerializer})
    @action(detail=True, methods=["post"])
    def sample(self, request: Request, pk: str) -> Response:
        """Draw a stratified sample of the set into a new one; the same seed always draws the same images."""
        wanted = SampleRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        typed = dict(wanted.validated_data)
        drawn = sample_set(
            image_set=self.get_object(),
            name=typed.pop("name"),
            without_duplicates=typed.pop("without_duplicates"),
            options=options_of(
                sample=typed.pop("n"), by=tuple(typed.pop("by")), views=tuple(typed.pop("views")), **typed
            ),
            user=request.user,  # type: ignore[arg-type]
        )
        return Response(self.get_serializer(drawn).data, status=status.HTTP_201_CREATED)


class ImageViewSet(mixins.RetrieveModelMixin, WorkspaceViewSet):
    """Single images, as the items of image sets name them."""

    queryset_model = Image
    actions_allowed = {"retrieve": Action.VIEW_IMAGES, "picture": Action.VIEW_IMAGES}
    serializer_class = ImageSerializer

    @extend_schema(responses={(200, "image/png"): bytes})
    @action(detail=True)
    def picture(self, request: Request, pk: str) -> HttpResponse:
        """The pixels as they were stored: a grayscale PNG of 8 or 16 bits."""
        return png_response(content.read(str(self.get_object().file.name)))


class ImportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, WorkspaceViewSet):
    """Imports: a folder on the server or a zip archive becomes an image set."""

    queryset_model = ImportRun
    actions_allowed = {
        "list": Action.VIEW_IMAGES,
        "retrieve": Action.VIEW_IMAGES,
        "create": Action.IMPORT_IMAGES,
        "cancel": Action.IMPORT_IMAGES,
    }
    serializer_class = ImportSerializer
    parser_classes = [parsers.JSONParser, parsers.MultiPartParser]

    def get_queryset(self) -> QuerySet[ImportRun]:
        """The imports visible to the user, newest first."""
        return super().get_queryset().select_related("workspace")

    @extend_schema(request=ImportRequestSerializer, responses={201: ImportSerializer})
    def create(self, request: Request) -> Response:
        """Start an import; follow it at its own address."""
        wanted = ImportRequestSerializer(data=request.data, context=self.get_serializer_context())
        wanted.is_valid(raise_exception=True)
        run = wanted.save(workspace=self.workspace_for(Action.IMPORT_IMAGES))
        return Response(self.get_serializer(run).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Ask an import to stop; it leaves no image set."""
        run = self.get_object()
        cancel_import(run)
        return Response(self.get_serializer(run).data)


routes: list[tuple[str, Any]] = [("image-sets", ImageSetViewSet), ("images", ImageViewSet), ("imports", ImportViewSet)]
