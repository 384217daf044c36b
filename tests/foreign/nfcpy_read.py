"""nfcpy at a PN532 on a serial line: what it makes of the card that lies there.

Arguments: the line. Prints one line for each thing it found out. With a second argument `write`
it also writes a text to an NDEF tag and reads it back.
"""

import sys

import nfc
import nfc.clf.pn532
import nfc.clf.transport
import ndef

BITRATES = ("106A", "212F", "424F")


def main(line, write):
    # A path of nfcpy names something directly below /dev; ours is not, so the driver is asked itself.
    driver = nfc.clf.pn532.init(nfc.clf.transport.TTY(line))
    frontend = nfc.ContactlessFrontend()
    frontend.device = driver
    try:
        print("chip:", driver.chipset_name)
        targets = [nfc.clf.RemoteTarget(bitrate) for bitrate in BITRATES]
        target = frontend.sense(*targets, iterations=3, interval=0.05)
        if target is None:
            print("target: none")
            return
        print("target:", target)
        tag = nfc.tag.activate(frontend, target)
        print("tag:", tag)
        print("type:", tag.type)
        print("identifier:", tag.identifier.hex())
        print("present:", tag.is_present)
        if write:
            tag.format()
            tag.ndef.records = [ndef.TextRecord("written by nfcpy")]
            again = nfc.tag.activate(frontend, frontend.sense(nfc.clf.RemoteTarget("106A")))
            for record in again.ndef.records:
                print("record:", record.text)
        elif tag.ndef is not None:
            print("ndef:", tag.ndef.octets.hex())
    finally:
        frontend.close()


main(sys.argv[1], "write" in sys.argv[2:])
