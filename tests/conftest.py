"""The same examples on every run and every machine, and no deadline for a slow one."""

from hypothesis import Phase, settings

settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile(  # a first failure is enough
    "mutants", derandomize=True, deadline=None, phases=(Phase.explicit, Phase.generate)
)
settings.register_profile("soak", max_examples=3000, deadline=None, print_blob=True)
settings.load_profile("ci")
