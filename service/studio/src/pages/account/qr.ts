// QR codes are drawn here, for the secret in them is nobody else's.
import qrcode from 'qrcode-generator';

export interface QrPicture {
  size: number; // modules a side
  path: string; // of an SVG, one unit a module
}

export function qrPicture(text: string): QrPicture {
  const code = qrcode(0, 'M');
  code.addData(text);
  code.make();
  const size = code.getModuleCount();
  let path = '';
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      if (code.isDark(row, column)) path += `M${column} ${row}h1v1h-1z`;
    }
  }
  return { size, path };
}
