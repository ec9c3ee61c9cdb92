"""Commands to devices (§5): issued by one verb, weighed by `devices.safety`, sent one of three ways, and followed to
an end that is true.

`issuing` makes rows, `sending` works them off, `progress` takes what is told of them, `cancelling` and `expiring` end
those that nobody wants or told of any more.
"""
