"""Static files under hashed names, ES modules included."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class ModuleManifestStorage(ManifestStaticFilesStorage):
    """Django's own storage with one switch on: `import` lines inside modules point to the hashed names too."""

    support_js_module_import_aggregation = True
