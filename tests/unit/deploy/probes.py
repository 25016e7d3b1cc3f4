"""Readiness probes of programs that listen nowhere."""


async def ready(_port: int) -> bool:
    return True


async def not_ready(_port: int) -> bool:
    return False
