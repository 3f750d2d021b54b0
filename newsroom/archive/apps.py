from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "newsroom.archive"
    label = "archive"
