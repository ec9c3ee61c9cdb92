"""Polling partners' clouds (§4.1): rows say what is due; errands of their documents are run within what each allows.

`claiming` takes rows, `driving` runs their errands many at once, `limits` and `standing` guard the clouds, `settling`
and `discovery` write down what came, `call_log` how it went (§7).
"""
