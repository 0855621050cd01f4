import json
import os
from pathlib import Path

import azure.functions as func

app = func.FunctionApp()


@app.timer_trigger(arg_name="timer", schedule="%SCHEDULE%")
def tick(timer: func.TimerRequest) -> None:
    seen = timer.to_dict()  # type: ignore[no-untyped-call]  # azure-functions does not annotate it
    with Path(os.environ["RECORD"]).open("a") as record:
        record.write(json.dumps(seen) + "\n")
    if os.environ.get("TICK_FAILS"):
        raise RuntimeError("tick failed")
