// The page in Chinese: every English key, and the words that come with what is listed.

export const ZH = {
  // rooms and the frame
  "Rooms": "页面", "Runs": "运行", "Start": "开始", "Explore": "探索", "Photos": "照片", "Compare": "比较", "Light": "浅色", "Dark": "深色",
  "Skip to the content": "跳到内容", "The studio was started anew; begin this again.": "工作室已重新启动；请重新开始这项工作。",
  "The studio does not answer; start it again with elegan studio. Trainings go on without it.": "工作室没有响应；请用 elegan studio 重新启动。训练不受影响。",
  "All of them are in": "全部结果位于",
  // runs
  "New training": "新的训练", "Only names with": "名称包含", "Nothing has been trained here yet.": "这里还没有训练过任何模型。", "Start with a folder of pictures": "从一个图片文件夹开始",
  "about to begin": "即将开始", "no pictures yet": "还没有图片", "training": "训练中", "starting": "启动中", "finished": "已完成", "stopped": "已停止",
  "failed": "失败", "damaged": "已损坏", "nothing saved": "未保存", "alarm": "警报", "steps": "步数", "step": "步", "steps in all": "总步数",
  "time left": "剩余时间", "speed": "速度", "images a second": "张/秒", "time so far": "已用时间", "best": "最好", "seed": "种子", "metric": "指标",
  "Stop": "停止", "Go on": "继续", "Go on for longer": "延长训练", "Vary a copy": "改动后再训练", "It saves and stops.": "正在保存并停止。", "It goes on.": "训练继续。", "Take off the list": "从列表移除", "It is off the list.": "已从列表移除。",
  "What it can do": "它能做什么", "Curves": "曲线", "Over images seen. Drag to zoom, double click for all.": "横轴为见过的图片数。拖动放大，双击还原。",
  "Drag to zoom, double click for all.": "拖动放大，双击还原。", "What the training said": "训练的输出", "Samples": "样本",
  "Samples, the same latents at every step": "样本：每一步都用相同的潜变量", "Play": "播放", "Pause": "暂停", "Film": "影片", "Explore its pictures": "探索它的图片",
  "Translate photographs": "转换照片", "Restore photographs": "修复照片", "Once it has saved a checkpoint.": "保存第一个检查点之后。", "pictures": "张图片",
  "pixels": "像素", "classes": "个类别", "machine": "设备", "What differs from its recipe": "与配方的不同", "A closer look": "细看", "Report": "报告", "Measure": "评测",
  "Copies": "翻版检测", "Cancel": "取消", "Download": "下载", "waiting for the work before it": "等待前一项工作", "working": "进行中", "value": "数值", "interval": "区间", "N": "N",
  "Each row: a suspect, then the training images that it is likest to.": "每行：一张可疑图片，随后是与它最像的训练图片。",
  "Suspects beside their nearest training images": "可疑图片与最接近的训练图片", "Any pictures (framed) beside their nearest training images.": "任意图片（加框）与最接近的训练图片。",
  // start
  "Vary": "改动", "A folder of pictures in, a trained network out. Nothing leaves this machine.": "放入一个图片文件夹，得到训练好的网络。任何数据都不会离开这台机器。",
  "Files": "文件", "Folder": "文件夹", "Drop a folder or a zip of pictures": "拖入图片文件夹或 zip 文件", "Choose a folder": "选择文件夹",
  "Choose files or a zip": "选择文件或 zip", "or name a folder, a zip or a set": "或写出文件夹、zip 或数据集的名称", "Look at them": "查看", "looking at the pictures": "正在查看图片",
  "sizes": "尺寸", "modes": "模式", "duplicates": "重复", "unreadable": "无法读取", "none": "无", "Which ones": "哪些", "chosen by the data": "由数据决定", "as in": "同",
  "as the recipe has it": "按配方", "minutes": "分钟", "images": "图片数", "epochs": "轮数", "how long": "长度", "from the data": "由数据决定", "Begin training": "开始训练",
  "trying a few steps": "正在试跑几步", "measuring": "正在测量", "All settings of the recipe": "配方的全部设置", "The training": "训练", "Recipe": "配方", "Length": "长度",
  "Pixels a side": "边长（像素）", "Seed": "种子", "Name": "名称", "time": "时间", "images a step": "每步图片数", "memory": "内存", "parameters": "参数", "device": "设备",
  "The recipe itself": "配方本身",
  // explore
  "Pictures by seed": "按种子排列的图片", "The chosen picture": "选中的图片", "Pins": "图钉", "Pin": "钉住", "take off": "取下", "between pins": "图钉之间",
  "mixed styles": "混合风格", "nearest to a photograph": "最接近照片", "moved": "已移动", "Class": "类别", "Truncation": "截断", "More typical, less varied": "更典型，变化更少",
  "From seed": "起始种子", "looking for directions": "正在寻找方向", "Back to the middle": "全部归中", "Directions": "方向", "Plane between four pins": "四个图钉之间的平面",
  "Plane between four pins; arrow keys move": "四个图钉之间的平面；方向键移动", "The picture between the pins": "图钉之间的图片",
  "Pin pictures with the star; four of them span a plane.": "用星号钉住图片；四张可以张成一个平面。", "Pin two pictures to mix their styles.": "钉住两张图片以混合风格。",
  "Fine from level": "从此层起用精细风格", "Coarse styles": "粗略风格", "Fine styles": "精细风格", "Mix": "混合", "Style mixing": "风格混合", "A photograph": "照片",
  "Made again from its own settings.": "已按它自带的设置重新生成。", "photograph": "照片", "nearest": "最接近", "times as far out as a random one": "倍于随机点的距离",
  "Drop a photograph, or a picture from here": "拖入照片，或从这里下载的图片", "Choose": "选择", "Film from pin to pin": "图钉之间的影片", "From a photograph": "从照片出发",
  "Its training": "它的训练", "Reroll": "换一批", "Choose a run whose pictures to walk through.": "选择一次运行，浏览它的图片。",
  // photos
  "With what comes along": "自带的模型", "With a run of yours": "你自己的运行", "upscale": "放大", "denoise": "去噪", "inpaint": "修补", "scratches": "去划痕", "oldphoto": "老照片",
  "colorize": "上色", "Photographs": "照片", "Drop photographs, or a folder of them": "拖入照片或照片文件夹", "Choose photographs": "选择照片", "Begin": "开始", "What to do": "做什么",
  "Larger, cleaner, whole, or turned into another kind of picture. Format, colour profile and metadata are kept; your file is never written over.":
    "放大、去噪、修补，或变成另一种图片。保留格式、色彩配置和元数据；从不覆盖原文件。",
  "Format": "格式", "as it is": "保持原样", "Direction": "方向", "Strength": "强度", "Task": "任务",
  "This run does neither translate nor restore.": "这次运行既不转换也不修复图片。", "How much larger": "放大倍数", "Detail (invented)": "细节（虚构）",
  "Noise, 0 to 255; empty: unknown": "噪声，0 到 255；留空：未知",
  "The browser cannot show this file; convert it to PNG or JPEG to paint on it.": "浏览器无法显示此文件；请转换为 PNG 或 JPEG 后再涂抹。",
  "Fill in": "填补", "what I paint": "我涂抹的地方", "scratches that are found": "找到的划痕", "what is transparent": "透明的地方",
  "what is painted on it is filled in on all of them; one of another size is left out, and said so.": "在它上面涂抹的地方，每张照片都会填补；尺寸不同的会跳过并说明。",
  "Cancelled.": "已取消。", "Download all": "全部下载",
  "Find scratches": "寻找划痕", "Paint where something is to be filled in.": "涂抹要填补的地方。", "photographs": "照片", "tiles": "分块",
  "Before": "之前", "After": "之后", "Before and after; arrow keys move the line, + and - zoom, Shift with arrow keys moves the picture": "前后对比；方向键移动分隔线，+ 和 - 缩放，Shift 加方向键移动图片", "Zoom in": "放大", "Zoom out": "缩小",
  "Whole picture": "整张图片", "The mask: paint where to fill; arrow keys move the brush, the space bar puts it down and lifts it, Ctrl Z takes the last stroke back":
    "蒙版：涂抹要填补的地方；方向键移动画笔，空格键落笔和提笔，Ctrl Z 撤销一笔", "Eraser": "橡皮", "Undo": "撤销", "Clear": "清除", "Brush": "画笔",
  // compare
  "Choose two runs or more that were measured in the same way.": "选择两次或更多以同样方式评测过的运行。", "Measure them all now": "现在全部评测", "run": "运行", "What differs": "不同之处",
  "In words": "文字说明",
};
