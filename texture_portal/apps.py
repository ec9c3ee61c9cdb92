from django.apps import AppConfig


class TexturePortalConfig(AppConfig):
    name = "texture_portal"
    verbose_name = "Texture portal"
