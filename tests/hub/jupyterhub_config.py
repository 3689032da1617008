# ruff: noqa: F821 (c is given)
# Kernels talk through files: of ports, two that start in the same moment can be given the same one.
# Nobody installs extensions, and a kernel that nobody has used for an hour ends.
c.Spawner.args = [
    "--KernelManager.transport=ipc",
    "--LabApp.extension_manager=readonly",
    "--MappingKernelManager.cull_idle_timeout=3600",
    "--MappingKernelManager.cull_interval=300",
]

# A server takes 9 MB less if it does not compile a validator of notebooks, and 3 MB less if what is
# freed goes back to the machine; threads that share one arena for it keep less as well.
c.Spawner.environment = {
    "NBFORMAT_VALIDATOR": "jsonschema",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_TRIM_THRESHOLD_": "131072",
}

# When all come at once, the last server takes longer than the 30 seconds that a hub waits.
c.Spawner.start_timeout = 180
c.Spawner.http_timeout = 180
