"""The layers, one module each."""

from workers.enrich.layers.every import every_layer
from workers.enrich.layers.layer import Layer, LayerResult

__all__ = ["Layer", "LayerResult", "every_layer"]
