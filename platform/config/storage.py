"""Static files under hashed names, ES modules included."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class ModuleManifestStorage(ManifestStaticFilesStorage):
    """Django's own storage with one switch on: `import` lines inside modules point to the hashed names too.

    Only in our own modules: other packages' scripts name modules in comments that do not exist as files.
    """

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        "reading/*.js",
        ManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],  # type: ignore[attr-defined]
    )
