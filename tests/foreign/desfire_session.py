"""python-desfire at a factory-fresh DESFire card on a PN532, whose line it drives itself.

Argument: the line. Makes an application with AES keys, authenticates to it, asks for the number that
only a proven reader gets, and writes an enciphered file. Prints one line for each step.
"""

import sys

from desfire import DESFire, DESFireKey
from desfire.devices.pn532 import PN532UARTDevice
from desfire.enums import DESFireCommunicationMode, DESFireFileType
from desfire.exceptions import DESFireException
from desfire.schemas import FilePermissions, FileSettings

APPLICATION = [0x54, 0x49, 0x4C]
TEXT = b"kept by the card"


def main(line):
    # It asks for more bytes than a frame has, and goes on when this time (in seconds) is over.
    device = PN532UARTDevice(line, baudrate=115200, timeout=0.03)
    print("uid:", bytes(device.wait_for_card()).hex())
    card = DESFire(device)
    version = card.get_card_version()
    print("hardware:", version.hardware_major_version, version.hardware_minor_version)
    print("software:", version.software_major_version, version.software_minor_version)

    # A fresh card lets anybody make applications; the library itself would ask for a proof of its
    # DES key first, by a way (1A) that our cards do not know. Settings 0F, two AES keys.
    print("created:", bytes(device.transceive([0xCA, *APPLICATION, 0x0F, 0x82])).hex())
    print("applications:", [bytes(found).hex() for found in card.get_application_ids()])

    card.select_application(APPLICATION)
    card.authenticate(0, DESFireKey(card.get_key_setting(), "00" * 16))
    print("authenticated: AES")
    print("real uid:", bytes(card.get_real_uid()).hex())

    mode = DESFireCommunicationMode.ENCRYPTED
    rights = FilePermissions(read_key=0, write_key=0, read_write_key=0, change_key=0)
    settings = FileSettings(mode, DESFireFileType.MDFT_STANDARD_DATA_FILE, rights, 32)
    card.create_standard_file(1, settings)
    card.write_file_data(1, 0, mode, list(TEXT))
    print("files:", card.get_file_ids())

    try:
        card.select_application(APPLICATION)
        card.authenticate(0, DESFireKey(card.get_key_setting(), "11" * 16))
        print("a wrong key was taken")
    except DESFireException as error:
        print("wrong key:", type(error).__name__)


main(sys.argv[1])
