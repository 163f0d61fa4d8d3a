"""Settings for all tests."""

from hypothesis import HealthCheck, settings

# A busy machine is slow without being wrong.
settings.register_profile(
    "narralytica", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("narralytica")
