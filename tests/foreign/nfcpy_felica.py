"""nfcpy at a FeliCa Lite-S: formats it, writes a text, gives it a key, and proves right and wrong keys.

Argument: the line. Prints one line for each step.
"""

import sys

import nfc
import nfc.clf.pn532
import nfc.clf.transport
import ndef

KEY = "tillside-felica!"
# The system code of a tag with an NDEF message.
NDEF_SYSTEM = bytearray.fromhex("0012FC0000")


def main(line):
    frontend = nfc.ContactlessFrontend()
    frontend.device = nfc.clf.pn532.init(nfc.clf.transport.TTY(line))

    def find(**request):
        target = frontend.sense(nfc.clf.RemoteTarget("212F", **request))
        return nfc.tag.activate(frontend, target)

    try:
        tag = find()
        print("tag:", tag)
        print("formatted:", tag.format())
        tag = find(sensf_req=NDEF_SYSTEM)
        tag.ndef.records = [ndef.TextRecord("written by nfcpy")]
        print("protected:", tag.protect(KEY, protect_from=13))
        for name, key in (("right", KEY), ("wrong", KEY[::-1])):
            # Internal and external authentication, with the MAC_A of Lite-S.
            tag = find(sensf_req=NDEF_SYSTEM)
            print(name, "key:", tag.authenticate(key.encode()))
    finally:
        frontend.close()


main(sys.argv[1])
