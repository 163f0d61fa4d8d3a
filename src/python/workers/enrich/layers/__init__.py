"""The layers, one module each."""

from workers.enrich.layers.layer import Layer, LayerResult, default_layers

__all__ = ["Layer", "LayerResult", "default_layers"]
