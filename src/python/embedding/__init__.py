"""Sentence vectors, for the passages that are indexed and the queries that look for them."""

from embedding.sentence_embedder import EMBEDDING_DIMENSIONS, SentenceEmbedder, default_embedder

__all__ = ["EMBEDDING_DIMENSIONS", "SentenceEmbedder", "default_embedder"]
